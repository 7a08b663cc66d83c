#include "engine/os/event_loop.hpp"

#include "engine/os/steady_time.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace dispatch::os {

namespace asio = net::asio;

void wake_if_elsewhere(EventLoop& loop) {
  if (!loop.is_here()) loop.wake();
}

// One thread runs it, which lets Asio do without some of its locks.
EventLoop::EventLoop() : io_(1), work_(io_.get_executor()) {}

EventLoop::~EventLoop() {
  reactor_.drop_waits();
  turns_.clear();
  std::exchange(later_, {}).clear();
}

void EventLoop::run_for(net::Duration limit) {
  run_until(steady_now() + limit);
}

void EventLoop::stop() {
  io_.stop();
  wake();
}

void EventLoop::restart() {
  if (!work_) work_.emplace(io_.get_executor());
  io_.restart();
}

void EventLoop::run_until(net::TimePoint deadline) {
  struct Here {
    const EventLoop* before;
    ~Here() { here_ = before; }
  } const here{std::exchange(here_, this)};
  run_rounds(deadline);
}

void EventLoop::run_rounds(net::TimePoint deadline) {
  for (;;) {
    io_.poll();
    if (io_.stopped()) return;
    if (is_out_of_work()) {
      work_.reset();
      if (io_.stopped()) return;
      work_.emplace(io_.get_executor());
    }
    const bool heard = reactor_.collect(wait_until(deadline));
    const auto now = timers_.next() == net::kNever && deadline == net::kNever
                         ? net::TimePoint::min()
                         : steady_now();
    if (heard || timers_.next() <= now || !later_.empty() || !turns_.empty()) {
      // As a handler of Asio's, so that tasks that go on from here are within it.
      asio::post(io_, [this] { deliver(); });
    }
    if (now >= deadline) {
      io_.poll();
      return;
    }
  }
}

bool EventLoop::is_out_of_work() {
  return !reactor_.has_waits() && timers_.next() == net::kNever && later_.empty() && turns_.empty();
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

void EventLoop::soon(net::Callback<> call) {
  asio::post(io_, [call = std::move(call)]() mutable { call(); });
}

net::Task<void> EventLoop::yield() {
  const auto initiate = [this](auto handler) {
    later([handler = std::move(handler)]() mutable { std::move(handler)(); });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate,
                                                                       asio::use_awaitable);
}

}  // namespace dispatch::os
