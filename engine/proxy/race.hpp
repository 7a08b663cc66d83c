// Tasks that run side by side under the direction of one: attempts of which the first wins.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"

#include <exception>
#include <functional>
#include <memory>

namespace dispatch::proxy {

// The director enters runners, waits for news of them, and enters more. A runner leaves what it has
// found where the director will look, and tells. What runners refer to lives until stop() has
// ended; direct() sees to that.
class Race {
 public:
  explicit Race(net::Runtime& runtime);

  // Starts a runner, from the executor.
  void enter(net::Task<void> runner) { runners_.spawn(std::move(runner)); }

  // For runners: there is news.
  void tell() { news_.notify_all(); }

  // Ends after the next news, and at `until` at the latest. Errors: operation_aborted (the director
  // has been cancelled). Throws what a runner has thrown.
  net::Task<net::Status> news(net::TimePoint until);

  // Cancels the runners that still run, and waits for their end. Throws what a runner has thrown.
  net::Task<void> stop();

 private:
  net::Condition news_;
  net::TaskGroup runners_;
  std::unique_ptr<net::Timer> timer_;
  std::exception_ptr failure_;
};

// Runs the director `task`, which must look at the results of its waits: a cancellation does not
// throw in it. Then stops the race, whatever became of the director.
net::Task<void> direct(Race& race, net::Task<void> task);

}  // namespace dispatch::proxy
