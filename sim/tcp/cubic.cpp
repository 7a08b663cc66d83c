#include "sim/tcp/cubic.hpp"

#include "sim/tcp/timer_wheel.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

constexpr int kScale = 1024;
constexpr int kBeta = 717;  // of kScale
// Of the curve's point from its middle: beyond it the window would be millions of segments, and the
// cube more than 63 bits.
constexpr std::int64_t kFarthest = 200'000;
constexpr std::int64_t kC = 410;                                // of kScale
constexpr std::int64_t kFactor = (std::int64_t{1} << 40) / kC;  // K^3 = (W_max - W) / C
constexpr int kFriendliness = 8 * (kScale + kBeta) / 3 / (kScale - kBeta);
constexpr std::int64_t kTicksPerSecond = 250;
constexpr int kLeastPerIncrease = 2;  // at most 1.5 times the window in a round trip
constexpr int kUnknownMaximum = 20;   // 5 % in a round trip while W_max is unknown

std::int64_t cube_root(std::int64_t value) {
  std::int64_t low = 0;
  std::int64_t high = 1 << 20;
  while (low < high) {
    const auto middle = (low + high + 1) / 2;
    if (middle * middle * middle <= value) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace

void Cubic::on_delivery(CongestionWindow& window, const AckSample& sample) {
  if (!sample.rtt) return;
  // Samples right after a recovery are of the queue before.
  if (epoch_ && ticks(sample.now) - *epoch_ < kTicksPerSecond) return;
  const auto rtt = std::max(*sample.rtt, Duration(std::chrono::microseconds(1)));
  if (minimum_rtt_ == Duration{} || rtt < minimum_rtt_) minimum_rtt_ = rtt;
  if (left_slow_start_ || !window.in_slow_start()) return;
  if (hystart_.should_leave(window, sample, minimum_rtt_)) {
    left_slow_start_ = true;
    window.threshold = window.segments;
  }
}

void Cubic::on_ack(CongestionWindow& window, const AckSample& sample) {
  if (!sample.window_used) return;
  auto acked = sample.delivered;
  if (window.in_slow_start()) {
    acked = window.slow_start(acked);
    if (acked == 0) return;
  }
  update(window.segments, acked, sample.now);
  window.increase(per_increase_, acked);
}

void Cubic::begin_epoch(int window, int acked, std::int64_t tick) {
  epoch_ = tick;
  acked_ = acked;
  reno_window_ = window;
  if (last_maximum_ <= window) {
    k_ = 0;
    origin_ = window;
  } else {
    k_ = cube_root(kFactor * (last_maximum_ - window));
    origin_ = last_maximum_;
  }
}

int Cubic::target(std::int64_t since) const {
  const auto t = ((since + (minimum_rtt_ + kTick - Duration(1)) / kTick) << 10) / kTicksPerSecond;
  const auto offset = std::min(t < k_ ? k_ - t : t - k_, kFarthest);
  const auto delta = (kC * offset * offset * offset) >> 40;
  const auto value = t < k_ ? origin_ - delta : origin_ + delta;
  return static_cast<int>(std::clamp<std::int64_t>(value, 0, 1 << 30));
}

void Cubic::update(int window, int acked, TimePoint now) {
  const auto tick = ticks(now);
  acked_ += acked;
  if (last_window_ == window && tick - last_tick_ <= kTicksPerSecond / 32) return;
  if (!(epoch_ && tick == last_tick_)) {  // the curve is looked at once in a tick
    last_window_ = window;
    last_tick_ = tick;
    if (!epoch_) begin_epoch(window, acked, tick);
    const auto goal = target(tick - *epoch_);
    per_increase_ = goal > window ? window / (goal - window) : 100 * window;
    if (last_maximum_ == 0) per_increase_ = std::min(per_increase_, kUnknownMaximum);
  }
  stay_friendly(window);
  per_increase_ = std::max(per_increase_, kLeastPerIncrease);
}

// RFC 9438 4.3.
void Cubic::stay_friendly(int window) {
  const auto per_segment = std::max((window * kFriendliness) >> 3, 1);
  while (acked_ > per_segment) {
    acked_ -= per_segment;
    ++reno_window_;
  }
  if (reno_window_ > window)
    per_increase_ = std::min(per_increase_, window / (reno_window_ - window));
}

int Cubic::threshold_after_loss(const CongestionWindow& window) {
  epoch_.reset();
  // Fast convergence: room for others, if the path offers less than it did.
  last_maximum_ = window.segments < last_maximum_
                      ? window.segments * (kScale + kBeta) / (2 * kScale)
                      : window.segments;
  return std::max(window.segments * kBeta / kScale, 2);
}

void Cubic::on_timeout(const AckSample& sample) {
  left_slow_start_ = false;
  minimum_rtt_ = {};
  epoch_.reset();
  last_tick_ = last_window_ = last_maximum_ = origin_ = per_increase_ = acked_ = reno_window_ = 0;
  k_ = 0;
  hystart_.begin_round(sample);
}

// The curve stands still while nothing is sent.
void Cubic::on_restart(CongestionWindow&, Duration pause, TimePoint now) {
  if (epoch_ && pause > Duration{}) epoch_ = std::min(*epoch_ + pause / kTick, ticks(now));
}

}  // namespace dispatch::sim::tcp
