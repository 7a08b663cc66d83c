// When a kernel timer really expires.
#pragma once

#include "engine/net/time.hpp"

#include <chrono>
#include <cstdint>

namespace dispatch::sim::tcp {

// The kernel's clock for timers and timestamps of its own (HZ = 250).
inline constexpr net::Duration kTick = std::chrono::milliseconds(4);

inline std::int64_t ticks(net::TimePoint time) {
  return time.time_since_epoch() / kTick;
}
// As long as timers can express it: never shorter.
inline net::Duration whole_ticks(net::Duration duration) {
  return (duration + kTick - net::Duration(1)) / kTick * kTick;
}

// The expiry of a timer that is armed at `now` for `delay`: never early, and late by what Linux's
// timer wheel rounds (kernel/time/timer.c, HZ = 250): one tick of 4 ms below 0.25 s, then 32 ms up
// to 2 s, 256 ms up to 16 s, 2 s up to 129 s, and so on. This is why SYN retries come at 1.03,
// 2.05, ... 11.4, 19.6 s. The machine booted at TimePoint{} (INITIAL_JIFFIES).
net::TimePoint timer_expiry(net::TimePoint now, net::Duration delay);

}  // namespace dispatch::sim::tcp
