// When a line stands still for a while.
#pragma once

#include "engine/net/time.hpp"

#include <vector>

namespace dispatch::sim {

// At `from`, and then `every` so often, nothing is sent for `length`: what comes waits in the queue
// and leaves in a burst. A packet that is being sent is sent to its end. every = 0: never.
struct Suspension {
  net::Duration every{};
  net::Duration length{};  // below every
  net::Duration from{};

  friend bool operator==(const Suspension&, const Suspension&) = default;
};

// A suspension after which the link is of another cell: its delay is the next one of `delays`,
// which are taken in turn. None: the delay stays.
struct Handover {
  Suspension pause;
  std::vector<net::Duration> delays;

  friend bool operator==(const Handover&, const Handover&) = default;
};

}  // namespace dispatch::sim
