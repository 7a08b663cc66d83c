#include "engine/os/runtime.hpp"

#include "engine/os/clock.hpp"
#include "engine/os/entropy.hpp"
#include "engine/os/interfaces.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/network.hpp"
#include "engine/os/resolver.hpp"

#include <utility>

namespace dispatch::os {
namespace {

// One thread runs the loop and the sockets, so the reactor needs no locks; other threads may still
// post to it.
std::unique_ptr<net::asio::io_context> make_io() {
  return std::make_unique<net::asio::io_context>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO);
}

}  // namespace

struct Runtime::Parts {
  Parts(Loop& loop, net::Log& the_log, ResolverOptions options)
      : log(the_log),
        clock(loop.io),
        network(loop),
        resolver(loop, std::move(options)),
        interfaces(loop) {}

  net::Log& log;
  Clock clock;
  Network network;
  Resolver resolver;
  Interfaces interfaces;
  Entropy entropy;
};

Runtime::Runtime(std::unique_ptr<net::asio::io_context> own, net::asio::io_context* io,
                 net::Log* log, RuntimeOptions options)
    : loop_(new Loop{own ? *own : *io, std::move(options.network_namespace), {}, {}}),
      own_io_(std::move(own)),
      parts_(std::make_unique<Parts>(*loop_, log == nullptr ? null_log_ : *log,
                                     std::move(options.resolver))) {}

Runtime::Runtime() : Runtime(make_io(), nullptr, nullptr, {}) {}
Runtime::Runtime(net::Log& log, RuntimeOptions options)
    : Runtime(make_io(), nullptr, &log, std::move(options)) {}
Runtime::Runtime(net::asio::io_context& io, RuntimeOptions options)
    : Runtime(nullptr, &io, nullptr, std::move(options)) {}
Runtime::Runtime(net::asio::io_context& io, net::Log& log, RuntimeOptions options)
    : Runtime(nullptr, &io, &log, std::move(options)) {}

Runtime::~Runtime() = default;

void Runtime::run() {
  io().run();
}
void Runtime::stop() {
  io().stop();
}
net::asio::io_context& Runtime::io() {
  return loop_->io;
}

net::asio::any_io_executor Runtime::executor() {
  return io().get_executor();
}
net::Clock& Runtime::clock() {
  return parts_->clock;
}
net::Network& Runtime::network() {
  return parts_->network;
}
net::Resolver& Runtime::resolver() {
  return parts_->resolver;
}
net::Interfaces& Runtime::interfaces() {
  return parts_->interfaces;
}
net::Entropy& Runtime::entropy() {
  return parts_->entropy;
}
net::Log& Runtime::log() {
  return parts_->log;
}

}  // namespace dispatch::os
