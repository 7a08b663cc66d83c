// Waiting for something that another task does: a condition variable for one event loop.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/intrusive/list.hpp>

namespace dispatch::net {

class Clock;

// A waiter looks at its predicate, waits, and looks again:
//
//     while (queue.empty()) {
//       if (const auto error = co_await filled.wait()) co_return error;
//     }
//
// A notification with nobody waiting is not kept. Destroying the condition drops its waiters
// without resuming them, and so does the end of the execution context, like that of Asio's own
// operations: a task that waits on a condition that it owns itself is no leak.
class Condition {
 public:
  explicit Condition(asio::any_io_executor executor);
  ~Condition();
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  // Ends after the next notification. Errors: operation_aborted.
  Task<Status> wait() { return wait(nullptr, kNever); }
  // The same, at `deadline` at the latest. Errors: timed_out; operation_aborted.
  Task<Status> wait_until(Clock& clock, TimePoint deadline) { return wait(&clock, deadline); }

  // Waiters go on from the executor, never from within the call, in the order in which they came.
  void notify_one();
  void notify_all();

  // Destroys the waiting tasks without resuming them; the condition may go with them.
  void drop_waiters();

 private:
  class Registry;
  struct Waiter;
  // A waiter is in the list as long as it waits; waiting allocates nothing but a timer, where there
  // is a deadline.
  struct AmongWaiters : boost::intrusive::list_base_hook<
                            boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {};
  using Waiters = boost::intrusive::list<AmongWaiters, boost::intrusive::constant_time_size<false>>;

  Task<Status> wait(Clock* clock, TimePoint deadline);
  void complete(Waiter& waiter, Status status);

  asio::any_io_executor executor_;
  Registry* registry_ = nullptr;  // of the executor's context; set by the first wait
  Waiters waiters_;
};

}  // namespace dispatch::net
