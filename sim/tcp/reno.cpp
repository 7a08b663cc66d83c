#include "sim/tcp/reno.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

constexpr int kSmallestThreshold = 2;  // segments, RFC 5681 equation 4

}  // namespace

void Reno::on_ack(const AckSample& sample) {
  if (!sample.window_used) return;
  auto acked = sample.acked;
  if (in_slow_start()) {
    const auto grown = std::min(acked, threshold_ - window_);
    window_ += grown;
    acked -= grown;
  }
  if (acked == 0) return;
  acked_ += acked;
  if (acked_ >= window_) {
    const auto grown = acked_ / window_;
    acked_ -= grown * window_;
    window_ += grown;
  }
}

void Reno::on_loss() {
  threshold_ = std::max(window_ / 2, kSmallestThreshold);
  window_ = threshold_;
  acked_ = 0;
}

void Reno::on_recovered() {
  window_ = threshold_;
}

void Reno::on_timeout(bool first) {
  if (first) threshold_ = std::max(window_ / 2, kSmallestThreshold);
  window_ = 1;
  acked_ = 0;
}

// Linux's tcp_cwnd_restart: half for each time-out, down to the initial window.
void Reno::on_idle(int timeouts) {
  if (threshold_ != std::numeric_limits<int>::max()) {
    threshold_ = std::max(threshold_, window_ / 2 + window_ / 4);
  }
  const auto restart = std::min(initial_window_, window_);
  while (timeouts-- > 0 && window_ > restart) window_ /= 2;
  window_ = std::max(window_, restart);
  acked_ = 0;
}

std::unique_ptr<CongestionControl> make_congestion_control(CongestionAlgorithm algorithm,
                                                           int initial_window) {
  switch (algorithm) {
    case CongestionAlgorithm::reno:
      break;
  }
  return std::make_unique<Reno>(initial_window);
}

}  // namespace dispatch::sim::tcp
