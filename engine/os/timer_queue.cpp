#include "engine/os/timer_queue.hpp"

#include "engine/os/steady_time.hpp"

#include <utility>

namespace dispatch::os {

void TimerQueue::add(Entry& entry) {
  entries_.insert(entry);
  if (entry.when < alarm_at_) set_alarm(entry.when);
}

void TimerQueue::set_alarm(net::TimePoint when) {
  if (!alarm_) return;
  alarm_at_ = when;
  alarm_->expires_at(steady(when));  // cancels a wait that is pending
  alarm_->async_wait([self = shared_from_this(), when](const boost::system::error_code& error) {
    // One that had been completed already could not be cancelled.
    if (error || when != self->alarm_at_) return;
    self->alarm_at_ = net::kNever;
    self->call_due();
  });
}

void TimerQueue::call_due() {
  const auto now = steady_now();
  while (!entries_.empty() && entries_.begin()->when <= now) {
    auto& entry = *entries_.begin();
    entries_.erase(entries_.begin());
    // The call may add this entry anew, or destroy it.
    const auto call = std::exchange(entry.expired, nullptr);
    call();
  }
  if (!entries_.empty() && entries_.begin()->when < alarm_at_) set_alarm(entries_.begin()->when);
}

void TimerQueue::close() {
  alarm_.reset();
}

}  // namespace dispatch::os
