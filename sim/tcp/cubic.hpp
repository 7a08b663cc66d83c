// CUBIC congestion control (RFC 9438), in the integers of Linux's tcp_cubic.c.
#pragma once

#include "sim/tcp/congestion.hpp"
#include "sim/tcp/hystart.hpp"

#include <optional>

namespace dispatch::sim::tcp {

// W(t) = C (t - K)^3 + W_max with C = 410/1024 and beta = 717/1024, the Reno-friendly region, fast
// convergence, and HyStart. The clock ticks every 4 ms (HZ = 250).
class Cubic : public CongestionControl {
 public:
  void on_delivery(CongestionWindow& window, const AckSample& sample) override;
  void on_ack(CongestionWindow& window, const AckSample& sample) override;
  int threshold_after_loss(const CongestionWindow& window) override;
  void on_timeout(const AckSample& sample) override;
  void on_restart(CongestionWindow& window, Duration pause, TimePoint now) override;

 private:
  void update(int window, int acked, TimePoint now);
  void begin_epoch(int window, int acked, std::int64_t tick);
  int target(std::int64_t ticks) const;
  void stay_friendly(int window);

  HyStart hystart_;
  bool left_slow_start_ = false;       // HyStart has spoken
  Duration minimum_rtt_{};             // zero: unknown
  std::optional<std::int64_t> epoch_;  // when the present curve began, in ticks
  std::int64_t last_tick_ = 0;         // of the last update...
  int last_window_ = 0;                // ...and the window then
  int last_maximum_ = 0;               // W_max
  int origin_ = 0;                     // the curve's plateau
  std::int64_t k_ = 0;                 // in 1/1024 s
  int per_increase_ = 0;               // acknowledged segments for each increase
  int acked_ = 0;                      // since the Reno estimate grew
  int reno_window_ = 0;                // what Reno would have
};

}  // namespace dispatch::sim::tcp
