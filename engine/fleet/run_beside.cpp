#include "engine/fleet/run_beside.hpp"

#include "engine/net/late_cancellation.hpp"
#include "engine/net/task_group.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace dispatch::fleet {

net::Task<void> run_beside(net::asio::any_io_executor executor, net::Task<void> main,
                           net::Task<void> side) {
  net::TaskGroup group(executor, nullptr);
  group.spawn(std::move(side));
  std::exception_ptr thrown;
  try {
    co_await std::move(main);
  } catch (...) {
    thrown = std::current_exception();
  }
  // A main task may take its cancellation for an end; its caller must not.
  net::LateCancellation late(co_await net::asio::this_coro::cancellation_state);
  co_await net::asio::this_coro::reset_cancellation_state(late.filter());
  // What is queued, a close frame above all, has a moment to leave.
  if (!thrown && !late.has_come()) co_await net::asio::post(executor, net::asio::use_awaitable);
  group.cancel();
  (void)co_await group.idle();
  co_await net::asio::this_coro::reset_cancellation_state();
  if (thrown) std::rethrow_exception(thrown);
  late.throw_if_any();
}

}  // namespace dispatch::fleet
