#include "engine/os/timer_queue.hpp"

#include "engine/os/steady_time.hpp"

#include <utility>

namespace dispatch::os {

void TimerQueue::call_due() {
  if (entries_.empty()) return;
  const auto now = steady_now();
  while (!entries_.empty() && entries_.begin()->when <= now) {
    auto& entry = *entries_.begin();
    entries_.erase(entries_.begin());
    // The call may add this entry anew, or destroy it.
    const auto call = std::exchange(entry.expired, nullptr);
    call();
  }
}

}  // namespace dispatch::os
