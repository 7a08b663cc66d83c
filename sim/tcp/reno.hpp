// Reno congestion control (RFC 5681), counting acknowledged segments rather than ACKs (RFC 3465).
#pragma once

#include "sim/tcp/congestion.hpp"

#include <limits>

namespace dispatch::sim::tcp {

class Reno : public CongestionControl {
 public:
  explicit Reno(int initial_window) : initial_window_(initial_window), window_(initial_window) {}

  int window() const override { return window_; }
  int slow_start_threshold() const override { return threshold_; }

  void on_ack(const AckSample& sample) override;
  void on_loss() override;
  void on_recovered() override;
  void on_timeout(bool first) override;
  void on_idle(int timeouts) override;

 private:
  int initial_window_;
  int window_;
  int threshold_ = std::numeric_limits<int>::max();
  int acked_ = 0;  // towards the next increase in congestion avoidance
};

}  // namespace dispatch::sim::tcp
