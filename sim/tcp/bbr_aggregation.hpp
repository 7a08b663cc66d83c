// How many segments are acknowledged at once beyond the rate: what collects acknowledgments on the
// way (Wi-Fi, offloading) must not stop the sender.
#pragma once

#include "sim/tcp/bandwidth.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace dispatch::sim::tcp {

// BBR's extra_acked as Linux has it (bbr_update_ack_aggregation): the most of the last five to ten
// round trips, never more than what arrives in 100 ms.
class BbrAggregation {
 public:
  void begin(TimePoint now) {
    epoch_ = now;
    acked_ = 0;
  }

  void on_ack(int acked, TimePoint delivered_at, Bandwidth rate, bool round_start, int window) {
    if (round_start && ++rounds_ >= kRounds) {
      rounds_ = 0;
      current_ = 1 - current_;
      extra_[current_] = 0;
    }
    const auto count = static_cast<std::uint64_t>(acked);
    auto expected = segments_in(rate, delivered_at - epoch_);
    if (acked_ <= expected || acked_ + count >= kLongest) {
      begin(delivered_at);
      expected = 0;
    }
    acked_ += count;
    const auto extra = std::min(acked_ - expected, static_cast<std::uint64_t>(window));
    extra_[current_] = std::max(extra_[current_], extra);
  }

  std::uint64_t extra(Bandwidth rate) const {
    constexpr Duration kMost = std::chrono::milliseconds(100);
    return std::min(segments_in(rate, kMost), std::max(extra_[0], extra_[1]));
  }

 private:
  static constexpr int kRounds = 5;
  static constexpr std::uint64_t kLongest = 1 << 20;  // segments in one epoch

  TimePoint epoch_{};
  std::uint64_t acked_ = 0;
  std::array<std::uint64_t, 2> extra_{};
  std::size_t current_ = 0;
  int rounds_ = 0;
};

}  // namespace dispatch::sim::tcp
