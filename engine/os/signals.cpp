#include "engine/os/signals.hpp"

#include "engine/os/runtime.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>

namespace dispatch::os {

struct Signals::Set {
  explicit Set(net::asio::io_context& io) : signals(io, SIGINT, SIGTERM) {}
  net::asio::signal_set signals;
};

Signals::Signals(Runtime& runtime) : set_(std::make_unique<Set>(runtime.io())) {}
Signals::~Signals() = default;

net::Task<net::Result<int>> Signals::next() {
  const auto [error, number] =
      co_await set_->signals.async_wait(net::asio::as_tuple(net::asio::use_awaitable));
  if (error) co_return error;
  co_return number;
}

}  // namespace dispatch::os
