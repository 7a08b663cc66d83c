// Handlers and coroutines that are ready to run, and the executor that takes them.
#pragma once

#include "engine/net/callback.hpp"
#include "sim/core/ring.hpp"

#include <boost/asio/detail/thread_context.hpp>
#include <boost/asio/detail/thread_info_base.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace dispatch::sim {

// First in, first out, on one thread. It does what an io_context that is only polled does, at a
// third of the cost, since polling prepares for other threads each time and then forgets the memory
// that Asio keeps for the next coroutine frame: here it stays as long as the queue.
class ReadyQueue : private boost::asio::detail::thread_context {
 public:
  // Services of `context` are those of the executor.
  explicit ReadyQueue(boost::asio::execution_context& context) : context_(context) {}
  ReadyQueue(const ReadyQueue&) = delete;
  ReadyQueue& operator=(const ReadyQueue&) = delete;

  class Executor;
  Executor executor();

  bool empty() const { return ready_.empty(); }
  // Runs the first one; not empty. What it throws leaves.
  void run_one();
  // Destroys all of them, and what comes of that, without running any.
  void clear();

  // While one of these is there, Asio's memory comes from this queue and goes back to it.
  class Scope;

 private:
  using Handler = net::Callback<>;

  void push(Handler handler) { ready_.push_back(std::move(handler)); }
  template <typename Function>
  void run_here(Function&& function);

  boost::asio::execution_context& context_;
  Ring<Handler> ready_;
  bool running_ = false;
  boost::asio::detail::thread_info_base memory_;
};

class ReadyQueue::Scope {
 public:
  explicit Scope(ReadyQueue& queue) : entry_(&queue, queue.memory_) {}

 private:
  thread_call_stack::context entry_;
};

// As an io_context's: dispatch() from within a handler calls at once, post() never does.
class ReadyQueue::Executor {
 public:
  explicit Executor(ReadyQueue& queue) : queue_(&queue) {}

  boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
    return queue_->context_;
  }
  boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept {
    using boost::asio::execution::blocking;
    return never_ ? boost::asio::execution::blocking_t(blocking.never)
                  : boost::asio::execution::blocking_t(blocking.possibly);
  }
  Executor require(boost::asio::execution::blocking_t::possibly_t) const {
    return Executor(*queue_, false);
  }
  Executor require(boost::asio::execution::blocking_t::never_t) const {
    return Executor(*queue_, true);
  }

  template <typename Function>
  void execute(Function&& function) const {
    if (!never_ && queue_->running_) return queue_->run_here(std::forward<Function>(function));
    queue_->push(Handler(std::forward<Function>(function)));
  }

  friend bool operator==(const Executor& a, const Executor& b) noexcept {
    return a.queue_ == b.queue_ && a.never_ == b.never_;
  }
  friend bool operator!=(const Executor& a, const Executor& b) noexcept { return !(a == b); }

 private:
  Executor(ReadyQueue& queue, bool never) : queue_(&queue), never_(never) {}

  ReadyQueue* queue_;
  bool never_ = false;
};

inline ReadyQueue::Executor ReadyQueue::executor() {
  return Executor(*this);
}

// An exception waits until the handler that we are within has returned.
template <typename Function>
void ReadyQueue::run_here(Function&& function) {
  try {
    auto here = std::decay_t<Function>(std::forward<Function>(function));
    here();
  } catch (...) {
    memory_.capture_current_exception();
  }
}

}  // namespace dispatch::sim
