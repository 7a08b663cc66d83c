#include "engine/os/event_loop.hpp"

#include "engine/os/steady_time.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace dispatch::os {

namespace asio = net::asio;

EventLoop::EventLoop() : never_stops_(io_.get_executor()) {}

EventLoop::~EventLoop() {
  reactor_.drop_waits();
  turns_.clear();
  std::exchange(later_, {}).clear();
  drop_ready();
  io_.shutdown();
  drop_ready();
}

// What is dropped may leave something that is ready.
void EventLoop::drop_ready() {
  do {
    ready_.clear();
  } while (take_handed_in());
}

void EventLoop::run_for(net::Duration limit) {
  run_until(steady_now() + limit);
}

void EventLoop::stop() {
  stopped_ = true;
  wake();
}

void EventLoop::restart() {
  stopped_ = false;
}

void EventLoop::hand_in(net::Callback<> call) {
  {
    const std::scoped_lock lock(handing_in_);
    handed_in_.push_back(std::move(call));
    any_handed_in_ = true;
  }
  wake();
}

// Whether there was anything.
bool EventLoop::take_handed_in() {
  if (!any_handed_in_) return false;
  std::vector<net::Callback<>> calls;
  {
    const std::scoped_lock lock(handing_in_);
    calls = std::exchange(handed_in_, {});
    any_handed_in_ = false;
  }
  for (auto& call : calls) ready_.push(std::move(call));
  return !calls.empty();
}

void EventLoop::run_until(net::TimePoint deadline) {
  struct Here {
    const EventLoop* before;
    ~Here() { here_ = before; }
  } const here{std::exchange(here_, this)};
  run_rounds(deadline);
}

void EventLoop::run_ready() {
  do {
    while (!ready_.empty() && !stopped_) ready_.run_one();
  } while (!stopped_ && (take_handed_in() || io_.poll() != 0 || !ready_.empty()));
}

void EventLoop::run_rounds(net::TimePoint deadline) {
  const net::ReadyQueue::Scope memory(ready_);
  for (;;) {
    run_ready();
    if (is_out_of_work()) stopped_ = true;
    if (stopped_) return;
    const bool heard = reactor_.collect(wait_until(deadline));
    const auto now = timers_.next() == net::kNever && deadline == net::kNever
                         ? net::TimePoint::min()
                         : steady_now();
    if (heard || timers_.next() <= now || !later_.empty() || !turns_.empty()) {
      // As a handler, so that tasks that go on from here are within it.
      ready_.push([this] { deliver(); });
    }
    if (now >= deadline) return run_ready();
  }
}

// What another thread has handed in before its work ended is seen after that.
bool EventLoop::is_out_of_work() {
  return work_.load(std::memory_order_acquire) == 0 && !any_handed_in_ && !reactor_.has_waits() &&
         timers_.next() == net::kNever && later_.empty() && turns_.empty();
}

net::TimePoint EventLoop::wait_until(net::TimePoint deadline) const {
  if (!later_.empty() || !turns_.empty()) return net::TimePoint::min();
  return std::min(deadline, timers_.next());
}

void EventLoop::deliver() {
  reactor_.deliver();
  timers_.call_due();
  for (auto& call : std::exchange(later_, {})) call();
  turns_.give_one();
}

net::Task<void> EventLoop::yield() {
  const auto initiate = [this](auto handler) {
    later([handler = std::move(handler)]() mutable { std::move(handler)(); });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate,
                                                                       asio::use_awaitable);
}

}  // namespace dispatch::os
