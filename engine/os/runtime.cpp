#include "engine/os/runtime.hpp"

#include "engine/os/clock.hpp"
#include "engine/os/entropy.hpp"
#include "engine/os/interfaces.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/network.hpp"
#include "engine/os/resolver.hpp"

#include <utility>

namespace dispatch::os {
struct Runtime::Parts {
  Parts(Loop& loop, net::Log& the_log, ResolverOptions options)
      : log(the_log),
        clock(loop.events),
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

Runtime::Runtime(std::unique_ptr<EventLoop> own, EventLoop* shared, net::Log* log,
                 RuntimeOptions options)
    : loop_(new Loop{
          own ? *own : *shared, std::move(options.network_namespace), {}, {}, options.free_bind}),
      own_events_(std::move(own)),
      parts_(std::make_unique<Parts>(*loop_, log == nullptr ? null_log_ : *log,
                                     std::move(options.resolver))) {}

Runtime::Runtime() : Runtime(std::make_unique<EventLoop>(), nullptr, nullptr, {}) {}
Runtime::Runtime(net::Log& log, RuntimeOptions options)
    : Runtime(std::make_unique<EventLoop>(), nullptr, &log, std::move(options)) {}
Runtime::Runtime(EventLoop& events, RuntimeOptions options)
    : Runtime(nullptr, &events, nullptr, std::move(options)) {}

Runtime::~Runtime() = default;

void Runtime::run() {
  events().run();
}
void Runtime::stop() {
  events().stop();
}
EventLoop& Runtime::events() {
  return loop_->events;
}

net::asio::any_io_executor Runtime::executor() {
  return events().executor();
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
