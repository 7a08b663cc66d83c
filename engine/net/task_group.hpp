// Tasks that someone owns: they can be cancelled together and waited for.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/condition.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

namespace dispatch::net {

// Call cancel() and wait for idle() before the group, or what its tasks use, is destroyed.
class TaskGroup {
 public:
  // `failed` hears of an exception that ends a task, other than its cancellation.
  TaskGroup(asio::any_io_executor executor, std::function<void(std::exception_ptr)> failed);
  ~TaskGroup();

  // Starts the task, on the executor: within the call, where that comes from the executor too.
  void spawn(Task<void> task);

  // Cancels every task that runs now.
  void cancel();

  // Ends when no task is left. Errors: operation_aborted.
  Task<Status> idle();

  std::size_t size() const { return members_.size(); }

 private:
  struct Member;

  asio::any_io_executor executor_;
  std::function<void(std::exception_ptr)> failed_;
  std::list<std::shared_ptr<Member>> members_;
  Condition emptied_;
};

}  // namespace dispatch::net
