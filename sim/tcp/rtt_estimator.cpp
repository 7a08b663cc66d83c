#include "sim/tcp/rtt_estimator.hpp"

#include "sim/tcp/timer_wheel.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

constexpr Duration kInitialTimeout = std::chrono::seconds(1);
constexpr Duration kMinimumWindow = std::chrono::minutes(5);

}  // namespace

void RttEstimator::on_sample(Duration rtt, Sequence una, Sequence nxt) {
  rtt = std::max(rtt, Duration(std::chrono::microseconds(1)));
  ++samples_;
  if (!measured()) {
    smoothed_ = 8 * rtt;
    deviation_ = 2 * rtt;
    variance_ = deviation_max_ = std::max(deviation_, rto_min_);
    round_end_ = nxt;
    return;
  }
  auto error = rtt - smoothed_ / 8;
  smoothed_ += error;
  if (error < Duration{}) {
    error = -error - deviation_ / 4;
    // A path that got faster should not look like one that varies.
    if (error > Duration{}) error /= 8;
  } else {
    error -= deviation_ / 4;
  }
  deviation_ += error;
  deviation_max_ = std::max(deviation_max_, deviation_);
  variance_ = std::max(variance_, deviation_max_);
  if (after(una, round_end_)) {
    if (deviation_max_ < variance_) variance_ -= (variance_ - deviation_max_) / 4;
    round_end_ = nxt;
    deviation_max_ = rto_min_;
  }
}

void RttEstimator::on_minimum(Duration rtt, TimePoint now) {
  if (rtt > minimum_ && now - minimum_at_ < kMinimumWindow) return;
  minimum_ = rtt;
  minimum_at_ = now;
}

Duration RttEstimator::timeout() const {
  if (!measured()) return kInitialTimeout;
  return std::min(whole_ticks(smoothed() + variance_), rto_max_);
}

}  // namespace dispatch::sim::tcp
