// So many bytes a second, evenly.
#pragma once

#include "engine/net/clock.hpp"

#include <cstdint>

namespace dispatch::stream {

class Pacer {
 public:
  // `bytes_per_second` 0: as fast as it goes.
  Pacer(net::Clock& clock, std::uint64_t bytes_per_second)
      : clock_(clock), rate_(bytes_per_second), next_(clock.now()) {}

  // Ends when the next bytes are due. Errors: operation_aborted.
  net::Task<net::Status> turn() {
    if (rate_ == 0 || next_ <= clock_.now()) co_return net::Status{};
    co_return co_await clock_.sleep_until(next_);
  }

  // So many have been sent. Time that nobody used is not made up for, but for a little: who wakes
  // up late is not to fall behind.
  void sent(std::uint64_t bytes) {
    if (rate_ == 0) return;
    constexpr net::Duration kMadeUp = std::chrono::milliseconds(10);
    constexpr std::uint64_t kSecond = 1'000'000'000;
    const auto now = clock_.now();
    if (next_ < now - kMadeUp) next_ = now - kMadeUp;
    const auto nanoseconds = bytes * kSecond + carry_;  // bytes: what one call reads
    next_ += net::Duration(static_cast<std::int64_t>(nanoseconds / rate_));
    carry_ = nanoseconds % rate_;
  }

  // What is sent at a time, so that it leaves evenly: a millisecond's worth.
  std::uint64_t burst() const { return rate_ / 1000; }
  bool is_paced() const { return rate_ != 0; }

 private:
  net::Clock& clock_;
  std::uint64_t rate_;
  net::TimePoint next_;
  std::uint64_t carry_ = 0;  // of a division: rates are exact
};

}  // namespace dispatch::stream
