#include "engine/net/deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace dispatch::net {
Task<Ended> run_until(Clock& clock, TimePoint deadline, Task<void> task) {
  asio::cancellation_signal cancel;
  auto ended = Ended::by_itself;
  const auto timer = clock.make_timer();
  timer->start(deadline, [&] {
    ended = Ended::at_deadline;
    cancel.emit(asio::cancellation_type::terminal);
  });
  const asio::cancellation_state own = co_await asio::this_coro::cancellation_state;
  auto outer = own.slot();
  if (outer.is_connected()) {
    outer.assign([&](asio::cancellation_type type) {
      ended = Ended::by_cancellation;
      cancel.emit(type);
    });
  }
  const auto executor = co_await asio::this_coro::executor;
  const auto [exception] = co_await asio::co_spawn(
      executor, std::move(task),
      asio::bind_cancellation_slot(cancel.slot(), asio::as_tuple(asio::use_awaitable)));
  timer->stop();
  if (outer.is_connected()) outer.clear();
  // A cancelled task unwinds by an exception (async.hpp); any other one is a bug's.
  if (exception && !is_cancellation(exception)) std::rethrow_exception(exception);
  co_return ended;
}

}  // namespace dispatch::net
