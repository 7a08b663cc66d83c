#include "engine/proxy/http_companion.hpp"

#include "engine/net/task_group.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

namespace dispatch::proxy::http {

net::Task<void> run_with_companion(net::Task<void> main, net::Task<void> companion) {
  namespace this_coro = net::asio::this_coro;
  // Both use the caller's frame: when cancelled, wait for them before leaving.
  co_await this_coro::throw_if_cancelled(false);
  const auto executor = co_await this_coro::executor;
  std::exception_ptr failure;
  const auto keep = [&](std::exception_ptr what) { failure = what; };
  net::TaskGroup mains(executor, keep);
  net::TaskGroup companions(executor, keep);
  mains.spawn(std::move(main));
  companions.spawn(std::move(companion));
  const auto cancelled = co_await mains.idle();
  companions.cancel();
  auto interrupted = cancelled;
  if (cancelled) {
    mains.cancel();
    co_await this_coro::reset_cancellation_state(net::asio::disable_cancellation());
    co_await mains.idle();
  } else {
    interrupted = co_await companions.idle();
  }
  if (interrupted) {
    co_await this_coro::reset_cancellation_state(net::asio::disable_cancellation());
    co_await companions.idle();
  }
  if (failure) std::rethrow_exception(failure);
  if (interrupted) throw boost::system::system_error(interrupted);
  co_await this_coro::throw_if_cancelled(true);
}

}  // namespace dispatch::proxy::http
