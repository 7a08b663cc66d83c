// When a kernel timer really expires.
#pragma once

#include "engine/net/time.hpp"

namespace dispatch::sim::tcp {

// The expiry of a timer that is armed at `now` for `delay`: never early, and late by what Linux's
// timer wheel rounds (kernel/time/timer.c, HZ = 250): one tick of 4 ms below 0.25 s, then 32 ms up
// to 2 s, 256 ms up to 16 s, 2 s up to 129 s, and so on. This is why SYN retries come at 1.03,
// 2.05, ... 11.4, 19.6 s. The machine booted at TimePoint{} (INITIAL_JIFFIES).
net::TimePoint timer_expiry(net::TimePoint now, net::Duration delay);

}  // namespace dispatch::sim::tcp
