// How much may be in the network: the interface of the congestion-control algorithms.
#pragma once

#include "sim/tcp/options.hpp"

#include <memory>

namespace dispatch::sim::tcp {

// New data has been acknowledged outside of fast recovery.
struct AckSample {
  int acked = 0;             // segments
  bool window_used = false;  // the congestion window has been what held the sender (RFC 7661)
  Duration rtt{};            // of the newest segment; zero: not known
  TimePoint now{};
};

// Windows are counted in segments.
class CongestionControl {
 public:
  virtual ~CongestionControl() = default;

  virtual int window() const = 0;                // at least 1
  virtual int slow_start_threshold() const = 0;  // INT_MAX until the first loss
  bool in_slow_start() const { return window() < slow_start_threshold(); }

  virtual void on_ack(const AckSample& sample) = 0;
  // Fast recovery begins: a loss has been noticed by duplicate or selective acknowledgments.
  virtual void on_loss() = 0;
  // What was sent before the loss was noticed has been acknowledged.
  virtual void on_recovered() = 0;
  // The retransmission timer has expired; `first`: not a repetition for the same segment.
  virtual void on_timeout(bool first) = 0;
  // Nothing has been sent for `timeouts` (at least 1) retransmission time-outs (RFC 5681 4.1).
  virtual void on_idle(int timeouts) = 0;
};

std::unique_ptr<CongestionControl> make_congestion_control(CongestionAlgorithm algorithm,
                                                           int initial_window);

}  // namespace dispatch::sim::tcp
