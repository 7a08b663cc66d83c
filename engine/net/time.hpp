// Time as the engine sees it: integer nanoseconds since an origin that only the world knows.
//
// MonotonicTime has no now(): the only source of the present is a Clock (clock.hpp), which is the
// kernel's monotonic clock in `os` and virtual time in `sim`.
#pragma once

#include <chrono>
#include <cstdint>

namespace dispatch::net {

using Duration = std::chrono::nanoseconds;

struct MonotonicTime {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTime, Duration>;
  static constexpr bool is_steady = true;
};

using TimePoint = MonotonicTime::time_point;

// Calendar time (UTC), for logs, history and the periods of data caps: it may jump, so nothing is
// scheduled by it.
using WallTime = std::chrono::sys_time<Duration>;

constexpr double to_seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

// A moment that never comes: "no deadline".
inline constexpr TimePoint kNever = TimePoint::max();

}  // namespace dispatch::net
