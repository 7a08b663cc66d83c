// The only source of time and of delays.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/time.hpp"

#include <functional>
#include <memory>

namespace dispatch::net {

// One pending call at a time. Stops when destroyed.
class Timer {
 public:
  virtual ~Timer() = default;

  // Calls `expired` on the runtime's executor at `when`, or as soon as it can if that has passed;
  // never from within start(). A start while one is pending replaces it.
  virtual void start(TimePoint when, std::function<void()> expired) = 0;

  // After stop() the call will not come.
  virtual void stop() = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;

  // Never runs backwards.
  virtual TimePoint now() const = 0;
  virtual WallTime wall_now() const = 0;
  // By how much this host's local time is ahead of UTC at that instant.
  virtual Duration utc_offset(WallTime) const { return {}; }

  virtual std::unique_ptr<Timer> make_timer() = 0;

  // Ends at `when` (kNever: only by cancellation). Errors: operation_aborted.
  virtual Task<Status> sleep_until(TimePoint when) = 0;
  Task<Status> sleep_for(Duration delay) { return sleep_until(now() + delay); }
};

}  // namespace dispatch::net
