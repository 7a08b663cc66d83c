#include "engine/os/signals.hpp"

#include "engine/os/file_descriptor.hpp"
#include "engine/os/runtime.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <fcntl.h>

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

namespace {

bool has_terminal() {
  const FileDescriptor terminal(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  return static_cast<bool>(terminal);
}

// What nohup(1) asks for: the end of the terminal is not to end the process.
bool outlives_terminal() {
  struct sigaction now {};
  return ::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

struct Hangups::Set {
  explicit Set(net::asio::io_context& io)
      : of_terminal(has_terminal() && !outlives_terminal()), signals(io, SIGHUP) {}
  bool of_terminal;
  net::asio::signal_set signals;
};

Hangups::Hangups(Runtime& runtime) : set_(std::make_unique<Set>(runtime.io())) {}
Hangups::~Hangups() = default;

net::Task<net::Status> Hangups::next() {
  for (;;) {
    const auto [error, number] =
        co_await set_->signals.async_wait(net::asio::as_tuple(net::asio::use_awaitable));
    if (error) co_return error;
    if (!set_->of_terminal || has_terminal()) co_return net::Status{};
    std::raise(SIGTERM);
  }
}

}  // namespace dispatch::os
