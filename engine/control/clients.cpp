#include "engine/control/clients.hpp"

#include "engine/net/accept_loop.hpp"
#include "engine/net/condition.hpp"
#include "engine/net/task_group.hpp"

#include <boost/asio/this_coro.hpp>

namespace dispatch::control {
namespace {

// How long a place may be free before it is seen, where a task ended by an exception.
constexpr net::Duration kLookAgain = std::chrono::seconds(10);

std::function<void(std::exception_ptr)> logs_to(net::Runtime& runtime) {
  return [&runtime](std::exception_ptr exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& error) {
      runtime.log().error("internal error while somebody controls this: {}", error.what());
    }
  };
}

}  // namespace

net::Task<void> serve_clients(net::Runtime& runtime, net::Listener& listener, std::size_t most,
                              std::function<net::Task<void>(net::StreamPtr)> serve) {
  net::TaskGroup clients(runtime.executor(), logs_to(runtime));
  net::Condition left(runtime.executor());
  const auto serve_one = [&](net::StreamPtr stream) -> net::Task<void> {
    co_await serve(std::move(stream));
    left.notify_one();
  };
  const auto room = [&]() -> net::Task<net::Status> {
    while (clients.size() >= most) {
      const auto until = runtime.clock().now() + kLookAgain;
      const auto error = co_await left.wait_until(runtime.clock(), until);
      if (net::is_cancelled(error)) co_return error;
    }
    co_return net::Status{};
  };
  std::exception_ptr cancelled;
  try {
    co_await net::accept_loop(
        runtime, listener,
        [&](net::StreamPtr stream) { clients.spawn(serve_one(std::move(stream))); }, room);
  } catch (...) {
    cancelled = std::current_exception();
  }
  clients.cancel();
  co_await net::asio::this_coro::reset_cancellation_state();
  (void)co_await clients.idle();
  if (cancelled) std::rethrow_exception(cancelled);
}

}  // namespace dispatch::control
