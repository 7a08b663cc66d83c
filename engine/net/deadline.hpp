// Any operation, with an end. Streams' operations have their own, which costs less.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/clock.hpp"

#include <boost/asio/error.hpp>

#include <optional>
#include <utility>

namespace dispatch::net {

enum class Ended : std::uint8_t { by_itself, at_deadline, by_cancellation };

// Runs `task` to its end; cancels it at `deadline`, or when this is cancelled, and then waits for
// it. An exception of the task's, other than its cancellation, goes on to the caller.
Task<Ended> run_until(Clock& clock, TimePoint deadline, Task<void> task);

// The operation's own result, or asio::error::timed_out where it has not ended at `deadline`.
// Cancelling this cancels the operation.
template <typename T>
Task<Result<T>> with_deadline(Clock& clock, TimePoint deadline, Task<Result<T>> operation) {
  if (deadline == kNever) co_return co_await std::move(operation);

  std::optional<Result<T>> result;
  const auto keep = [](Task<Result<T>> inner, std::optional<Result<T>>& out) -> Task<void> {
    out.emplace(co_await std::move(inner));
  };
  const auto ended = co_await run_until(clock, deadline, keep(std::move(operation), result));
  // A result that arrived is a result, however late: it may own a connection.
  const bool cut = !result || (!*result && is_cancelled(result->error()));
  if (cut && ended == Ended::at_deadline) co_return Error{asio::error::timed_out};
  if (!result) co_return Error{asio::error::operation_aborted};
  co_return std::move(*result);
}

}  // namespace dispatch::net
