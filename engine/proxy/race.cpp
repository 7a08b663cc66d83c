#include "engine/proxy/race.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace dispatch::proxy {

namespace asio = net::asio;
using net::Status;
using net::Task;

Race::Race(net::Runtime& runtime)
    : news_(runtime.executor()),
      runners_(runtime.executor(),
               [this](std::exception_ptr exception) {
                 failure_ = std::move(exception);
                 tell();
               }),
      timer_(runtime.clock().make_timer()) {}

Task<Status> Race::news(net::TimePoint until) {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (until != net::kNever) timer_->start(until, [this] { tell(); });
  const auto status = co_await news_.wait();
  timer_->stop();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  co_return status;
}

Task<void> Race::stop() {
  runners_.cancel();
  // Another cancellation of the director must not leave runners behind.
  while (runners_.size() != 0) static_cast<void>(co_await runners_.idle());
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

Task<void> direct(Race& race, Task<void> task) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  std::exception_ptr failure;
  try {
    co_await std::move(task);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await race.stop();
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace dispatch::proxy
