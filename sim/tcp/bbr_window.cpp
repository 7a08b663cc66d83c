// The window and the pace that follow from the model.
#include "sim/tcp/bbr.hpp"
#include "sim/tcp/bbr_gains.hpp"

namespace dispatch::sim::tcp {

namespace {

constexpr std::uint32_t kPacePercent = 99;      // a little slower than the path, so that it drains
constexpr std::uint64_t kSlow = 1'200'000 / 8;  // bytes per second: single segments
constexpr int kInitialWindow = 10;

}  // namespace

std::size_t Bbr::least_burst() const {
  return pacing_rate_ < kSlow ? 1 : 2;
}

// What leaves within a millisecond.
int Bbr::burst_goal() const {
  constexpr std::uint64_t kMostBytes = 65536 - 1 - 192;  // GSO_LEGACY_MAX_SIZE, MAX_TCP_HEADER
  constexpr std::size_t kMost = 127;
  const std::size_t segments = std::min(pacing_rate_ / 1024, kMostBytes) / segment_bytes_;
  return static_cast<int>(std::min(std::max(segments, least_burst()), kMost));
}

int Bbr::product(Bandwidth rate, Gain gain) const {
  if (minimum_rtt_ == Duration::max()) return kInitialWindow;
  const auto segments = (rate * whole_microseconds(minimum_rtt_) * gain) >> kGainShift;
  return static_cast<int>((segments + kBandwidthUnit - 1) / kBandwidthUnit);
}

// Room for a burst here, one under way and one at the receiver; an even number, for delayed
// acknowledgments; and more while probing, or a small window would not let it.
int Bbr::with_bursts(int segments) const {
  segments += 3 * burst_goal();
  segments = (segments + 1) & ~1;
  return segments + (mode_ == Mode::probe_bandwidth && phase_ == 0 ? 2 : 0);
}

int Bbr::in_flight_target(Bandwidth rate, Gain gain) const {
  return with_bursts(product(rate, gain));
}

// What will be in flight when the next burst may leave.
int Bbr::in_flight_at_departure(int in_flight, const PathModel& model) const {
  const auto wait = std::max(model.departure - model.now, Duration{});
  const auto delivered = segments_in(best_rate(), wait);
  if (pacing_gain_ > kUnity) in_flight += burst_goal();
  const auto all = static_cast<std::uint64_t>(std::max(in_flight, 0));
  return delivered >= all ? 0 : static_cast<int>(all - delivered);
}

void Bbr::set_pace_to(Bandwidth rate, Gain gain) {
  const auto pace = bytes_per_second(rate, segment_bytes_, gain, kPacePercent);
  if (full_ || pace > pacing_rate_) pacing_rate_ = pace;
}

void Bbr::set_pace(const CongestionWindow& window, const PathModel& model) {
  if (!seen_rtt_ && model.smoothed_rtt > Duration{}) pace_from_rtt(window, model);
  set_pace_to(rate(), pacing_gain_);
}

// Before a rate was measured: the window in a round trip, or in a millisecond.
void Bbr::pace_from_rtt(const CongestionWindow& window, const PathModel& model) {
  std::uint64_t microseconds = 1000;
  if (model.smoothed_rtt > Duration{}) {
    microseconds = std::max<std::uint64_t>(whole_microseconds(model.smoothed_rtt), 1);
    seen_rtt_ = true;
  }
  const auto guess = bandwidth(static_cast<std::uint64_t>(window.segments), microseconds);
  pacing_rate_ = bytes_per_second(guess, segment_bytes_, bbr::kHighGain, kPacePercent);
}

// The window before a repair, for after it.
void Bbr::save_window(int window) {
  const bool afresh = !repairing_ && mode_ != Mode::probe_rtt;
  prior_window_ = afresh ? window : std::max(prior_window_, window);
}

int Bbr::threshold_after_loss(const CongestionWindow& window) {
  save_window(window.segments);
  return window.threshold;
}

// In the first round trip of a repair a segment leaves for each that arrives; at its end the window
// is what it was. True where that decides.
bool Bbr::recover_or_restore(int& segments, const PathModel& model) {
  const bool repairing = model.in_recovery || model.in_loss;
  if (model.rate.lost > 0) segments = std::max(segments - model.rate.lost, 1);
  if (model.in_recovery && !recovering_) {
    conservation_ = true;
    round_end_ = model.delivered;
    segments = model.in_flight + model.rate.acked;
  } else if (repairing_ && !repairing) {
    segments = std::max(segments, prior_window_);
    conservation_ = false;
  }
  repairing_ = repairing;
  recovering_ = model.in_recovery;
  if (conservation_) segments = std::max(segments, model.in_flight + model.rate.acked);
  return conservation_;
}

void Bbr::set_window(CongestionWindow& window, const PathModel& model) {
  const int acked = model.rate.acked;
  auto segments = window.segments;
  if (acked > 0 && !recover_or_restore(segments, model)) {
    const auto extra = full_ ? static_cast<int>(aggregation_.extra(rate())) : 0;
    const auto target = with_bursts(product(rate(), window_gain_) + extra);
    if (full_) {
      segments = std::min(segments + acked, target);
    } else if (segments < target || model.delivered < std::uint32_t{kInitialWindow}) {
      segments += acked;
    }
    segments = std::max(segments, bbr::kLeastWindow);
  }
  if (mode_ == Mode::probe_rtt) segments = std::min(segments, bbr::kLeastWindow);
  window.segments = segments;
}

}  // namespace dispatch::sim::tcp
