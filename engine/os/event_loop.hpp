// The event loop of one thread: what is ready to run, what the kernel says of sockets, and timers.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/callback.hpp"
#include "engine/os/executor.hpp"
#include "engine/os/reactor.hpp"
#include "engine/os/timer_queue.hpp"
#include "engine/os/turn_queue.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <vector>

namespace dispatch::os {

// Asio's io_context is the queue of what is ready to run, and no more: its own reactor registers a
// wait with a system call each time, and its timers have one of the kernel's each. None of its
// sockets, timers and signal sets is to be used on it: nothing would wake the loop for them.
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
  Executor executor() { return Executor(*this, io_.get_executor()); }

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
  void soon(net::Callback<> call);

 private:
  void run_until(net::TimePoint deadline);
  void run_rounds(net::TimePoint deadline);
  bool is_out_of_work();
  net::TimePoint wait_until(net::TimePoint deadline) const;
  void deliver();

  inline static thread_local const EventLoop* here_ = nullptr;

  TimerQueue timers_;
  TurnQueue turns_;
  std::vector<net::Callback<>> later_;
  Reactor reactor_;
  boost::asio::io_context io_;  // tasks that are left in it refer to all of the above
  // For the waits and the timers, of which Asio does not know.
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
};

}  // namespace dispatch::os
