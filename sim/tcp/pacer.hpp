// When the next burst may leave, for senders that spread their segments over time.
#pragma once

#include "sim/tcp/options.hpp"

#include <algorithm>
#include <cstdint>

namespace dispatch::sim::tcp {

// Linux's pacing within TCP (tcp_pacing_check, tcp_update_skb_after_send), by a timer of high
// resolution: each burst keeps the next one back for as long as it takes at the given rate. A burst
// that left late takes up to half of its own time off that.
class Pacer {
 public:
  // Whether nothing may go now; then the timer runs.
  bool holds(TimePoint now) {
    if (next_ <= now) return false;
    deadline_ = next_;
    return true;
  }
  TimePoint deadline() const { return deadline_; }
  void on_timer() { deadline_ = net::kNever; }

  // When the next one may go; the past where it may go at once.
  TimePoint next() const { return next_; }

  // Before the first segment of a burst.
  void begin_burst(TimePoint now) {
    const auto prior = next_;
    begin_ = next_ = std::max(next_, now);
    credit_ = begin_ - prior;
    bytes_ = 0;
  }
  // A segment of it has left, at so many bytes per second. The first ten are not paced.
  void on_sent(std::size_t bytes, std::uint64_t rate) {
    if (segments_ < kUnpaced) ++segments_;
    if (segments_ < kUnpaced || rate == 0) return;
    bytes_ += bytes;
    const Duration length(static_cast<std::int64_t>(bytes_ * 1'000'000'000 / rate));
    next_ = begin_ + length - std::min(length / 2, credit_);
  }

 private:
  static constexpr int kUnpaced = 10;

  TimePoint next_{};
  TimePoint deadline_ = net::kNever;
  TimePoint begin_{};
  Duration credit_{};
  std::uint64_t bytes_ = 0;
  int segments_ = 0;
};

}  // namespace dispatch::sim::tcp
