// The monotonic clock of the machine, in both of its types.
#pragma once

#include "engine/net/time.hpp"

#include <chrono>

namespace dispatch::os {

inline net::TimePoint steady_now() {
  return net::TimePoint(std::chrono::steady_clock::now().time_since_epoch());
}

inline std::chrono::steady_clock::time_point steady(net::TimePoint when) {
  using SteadyClock = std::chrono::steady_clock;
  return SteadyClock::time_point(
      std::chrono::duration_cast<SteadyClock::duration>(when.time_since_epoch()));
}

}  // namespace dispatch::os
