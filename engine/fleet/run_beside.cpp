#include "engine/fleet/run_beside.hpp"

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
  co_await net::asio::this_coro::reset_cancellation_state();
  // What is queued, a close frame above all, has a moment to leave.
  if (!thrown) co_await net::asio::post(executor, net::asio::use_awaitable);
  group.cancel();
  (void)co_await group.idle();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace dispatch::fleet
