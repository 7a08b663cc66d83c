// Any operation, with an end.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "engine/net/clock.hpp"

namespace dispatch::net {

// The operation's own result, or asio::error::timed_out where it has not ended at `deadline`: then
// it is cancelled and waited for. Cancelling this cancels the operation.
template <typename T>
Task<Result<T>> with_deadline(Clock& clock, TimePoint deadline, Task<Result<T>> operation) {
  if (deadline == kNever) co_return co_await std::move(operation);

  asio::cancellation_signal cancel;
  bool expired = false;
  const auto timer = clock.make_timer();
  timer->start(deadline, [&] {
    expired = true;
    cancel.emit(asio::cancellation_type::terminal);
  });
  const asio::cancellation_state own = co_await asio::this_coro::cancellation_state;
  auto outer = own.slot();
  if (outer.is_connected()) {
    outer.assign([&cancel](asio::cancellation_type type) { cancel.emit(type); });
  }
  auto [exception, result] =
      co_await asio::co_spawn(co_await asio::this_coro::executor, std::move(operation),
                              asio::bind_cancellation_slot(cancel.slot(),
                                                           asio::as_tuple(asio::use_awaitable)));
  timer->stop();
  if (outer.is_connected()) outer.clear();
  if (exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const boost::system::system_error& error) {
      // A cancelled task unwinds with this (async.hpp); anything else is a bug and goes on.
      if (!is_cancelled(error.code())) throw;
      co_return expired ? Error{asio::error::timed_out} : error.code();
    }
  }
  if (expired && !result && is_cancelled(result.error())) co_return Error{asio::error::timed_out};
  co_return std::move(result);
}

}  // namespace dispatch::net
