// Handlers and coroutines that are ready to run.
#pragma once

#include "engine/net/callback.hpp"
#include "engine/net/ring.hpp"

#include <boost/asio/detail/thread_context.hpp>
#include <boost/asio/detail/thread_info_base.hpp>

#include <type_traits>
#include <utility>

namespace dispatch::net {

// First in, first out, on one thread: what both worlds run. It does what an io_context that is only
// polled does, at a third of the cost, since polling prepares for other threads each time and then
// forgets the memory that Asio keeps for the next coroutine frame: here it stays as long as the
// queue. (Asio has no public way to say so; its detail is that of Boost 1.66 to 1.86 at least.)
class ReadyQueue : private boost::asio::detail::thread_context {
 public:
  ReadyQueue() = default;
  ReadyQueue(const ReadyQueue&) = delete;
  ReadyQueue& operator=(const ReadyQueue&) = delete;

  bool empty() const { return ready_.empty(); }
  void push(Callback<> handler) { ready_.push_back(std::move(handler)); }

  // Runs the first one; not empty. What it throws leaves.
  void run_one();
  // Whether we are within a handler.
  bool is_running() const { return running_; }
  // Calls it now, within a handler. What it throws waits until that one has returned.
  template <typename Function>
  void run_here(Function&& function);

  // Destroys all of them, and what comes of that, without running any.
  void clear();

  // While one of these is there, Asio's memory comes from this queue and goes back to it.
  class Scope;

 private:
  Ring<Callback<>> ready_;
  bool running_ = false;
  boost::asio::detail::thread_info_base memory_;
};

class ReadyQueue::Scope {
 public:
  explicit Scope(ReadyQueue& queue) : entry_(&queue, queue.memory_) {}

 private:
  thread_call_stack::context entry_;
};

template <typename Function>
void ReadyQueue::run_here(Function&& function) {
  try {
    auto here = std::decay_t<Function>(std::forward<Function>(function));
    here();
  } catch (...) {
    memory_.capture_current_exception();
  }
}

}  // namespace dispatch::net
