// The event loop of one thread: what is ready to run, what the kernel says of sockets, and timers.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/callback.hpp"
#include "engine/net/ready_executor.hpp"
#include "engine/net/ready_queue.hpp"
#include "engine/os/reactor.hpp"
#include "engine/os/timer_queue.hpp"
#include "engine/os/turn_queue.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace dispatch::os {

// Of Asio's io_context only the services are used, and what they post is run: its own reactor
// registers a wait with a system call each time, and its timers have one of the kernel's each. None
// of its sockets, timers and signal sets is to be used on it: nothing would wake the loop for them.
//
// A round: everything that is ready to run, until nothing is; then what the kernel says of sockets;
// then the timers that are due; then what has given way in the last round (later()), and the turn
// of one bulk transfer.
class EventLoop {
 public:
  // Throws boost::system::system_error where the kernel gives no descriptors for it.
  EventLoop();
  // Drops what has not run, and the tasks that wait.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // May be used from any thread.
  using Executor = net::ReadyExecutor<EventLoop>;
  Executor executor() { return Executor(*this); }

  // Until stop() is called, or nothing is left to do. An exception that escapes a handler leaves.
  void run() { run_until(net::kNever); }
  // And no longer than that.
  void run_for(net::Duration limit);
  // From any thread. After it, as after an end of all there was to do, run() returns at once until
  // restart() is called.
  void stop();
  void restart();

  // Whether this is the thread that runs it.
  bool is_here() const { return here_ == this; }
  void wake() { reactor_.wake(); }

  Reactor& reactor() { return reactor_; }
  TimerQueue& timers() { return timers_; }
  TurnQueue& turns() { return turns_; }

  // Calls it in the next round.
  void later(net::Callback<> call) { later_.push_back(std::move(call)); }
  // Lets everything else that is ready go first.
  net::Task<void> yield();
  // Calls it in this round. From this thread.
  void soon(net::Callback<> call) { ready_.push(std::move(call)); }

  // For the executor.
  net::asio::execution_context& context() { return io_; }
  template <typename Function>
  void dispatch(Function&& function) {
    if (is_here() && ready_.is_running()) {
      return ready_.run_here(std::forward<Function>(function));
    }
    post(std::forward<Function>(function));
  }
  template <typename Function>
  void post(Function&& function) {
    net::Callback<> call(std::forward<Function>(function));
    is_here() ? ready_.push(std::move(call)) : hand_in(std::move(call));
  }
  void work_began() { work_.fetch_add(1, std::memory_order_relaxed); }
  void work_ended() {
    if (work_.fetch_sub(1, std::memory_order_acq_rel) == 1 && !is_here()) wake();
  }

 private:
  void hand_in(net::Callback<> call);
  bool take_handed_in();
  void run_until(net::TimePoint deadline);
  void run_rounds(net::TimePoint deadline);
  void run_ready();
  void drop_ready();
  bool is_out_of_work();
  net::TimePoint wait_until(net::TimePoint deadline) const;
  void deliver();

  inline static thread_local const EventLoop* here_ = nullptr;

  TimerQueue timers_;
  TurnQueue turns_;
  std::vector<net::Callback<>> later_;
  Reactor reactor_;
  net::ReadyQueue ready_;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::size_t> work_ = 0;  // executors that say that there is some
  std::mutex handing_in_;
  std::vector<net::Callback<>> handed_in_;  // by other threads
  std::atomic<bool> any_handed_in_ = false;
  struct Context : boost::asio::io_context {
    Context() : io_context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE) {}  // one thread polls it
    using execution_context::shutdown;
  };
  Context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> never_stops_;
};

}  // namespace dispatch::os
