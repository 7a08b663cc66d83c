#include "sim/tcp/hystart.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr int kLowWindow = 16;
constexpr int kSamples = 8;
constexpr Duration kAckSpacing = milliseconds(2);  // hystart_ack_delta_us
constexpr Duration kDelayLeast = milliseconds(4);
constexpr Duration kDelayMost = milliseconds(16);
constexpr Duration kTrainSlackMost = milliseconds(1);
constexpr std::uint64_t kBurstBytes = 4 * 65536;  // what segmentation offload may send at once

// A train of one burst is no sign of a full path (Linux: hystart_ack_delay).
Duration train_slack(std::uint64_t pacing_rate) {
  if (pacing_rate == 0) return {};
  return std::min(kTrainSlackMost, Duration(microseconds(kBurstBytes * 1'000'000 / pacing_rate)));
}

}  // namespace

void HyStart::begin_round(const AckSample& sample) {
  round_start_ = last_ack_ = sample.now;
  round_end_ = sample.nxt;
  round_rtt_ = Duration::max();
  samples_ = 0;
  begun_ = true;
}

bool HyStart::should_leave(const CongestionWindow& window, const AckSample& sample,
                           Duration minimum) {
  if (!begun_ || after(sample.una, round_end_)) begin_round(sample);
  if (window.segments < kLowWindow) return false;
  if (sample.now - last_ack_ <= kAckSpacing) {
    last_ack_ = sample.now;
    const auto enough = (minimum + train_slack(sample.pacing_rate)) / 2;
    if (sample.now - round_start_ > enough) return true;
  }
  round_rtt_ = std::min(round_rtt_, *sample.rtt);
  if (samples_ < kSamples) {
    ++samples_;
    return false;
  }
  return round_rtt_ > minimum + std::clamp(minimum / 8, kDelayLeast, kDelayMost);
}

}  // namespace dispatch::sim::tcp
