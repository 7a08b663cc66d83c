// The seam on this machine: what a program makes one of in main().
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/os/network_namespace.hpp"
#include "engine/os/resolver_options.hpp"

#include <memory>

namespace dispatch::os {

class EventLoop;
struct Loop;

struct RuntimeOptions {
  ResolverOptions resolver;
  // Where the sockets live; null: where the process does.
  std::shared_ptr<const NetworkNamespace> network_namespace;
  // Connections may leave from addresses that no interface has (IP_FREEBIND): those of a prefix
  // that is routed here.
  bool free_bind = false;
};

// Runs everything on the one thread that calls run(). Making one ignores SIGPIPE in the process (as
// Asio does): a broken pipe is an error like others.
class Runtime final : public net::Runtime {
 public:
  // Owns its event loop. `log` outlives this; without it nothing is said.
  Runtime();
  explicit Runtime(net::Log& log, RuntimeOptions options = {});
  // Shares an event loop with others of the same thread; `events` outlives this.
  explicit Runtime(EventLoop& events, RuntimeOptions options = {});
  ~Runtime() override;

  // Until stop() is called, or nothing is left to do. An exception that escapes a handler leaves.
  void run();
  void stop();
  EventLoop& events();
  Loop& loop() { return *loop_; }

  net::asio::any_io_executor executor() override;
  net::Clock& clock() override;
  net::Network& network() override;
  net::Resolver& resolver() override;
  net::Interfaces& interfaces() override;
  net::Entropy& entropy() override;
  net::Log& log() override;

 private:
  struct Parts;

  Runtime(std::unique_ptr<EventLoop> own, EventLoop* shared, net::Log* log, RuntimeOptions options);

  net::NullLog null_log_;
  // Tasks that are left when the event loop is destroyed still refer to this.
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<EventLoop> own_events_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dispatch::os
