// The proxy: accepts clients and serves each until it ends.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"
#include "engine/proxy/dialer.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace dispatch::proxy {

struct ServerOptions {
  DialOptions dial;
  net::Duration handshake_timeout = std::chrono::seconds(30);
};

struct ServerCounters {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // ended with an error before a connection to the target stood
  std::uint64_t live = 0;
};

// Uses `runtime` and `links` for as long as it runs: call stop() and wait for it first.
class Server {
 public:
  Server(net::Runtime& runtime, link::LinkSet& links, ServerOptions options);

  // Opens a listener; may be called for several. Errors: Network::listen's.
  net::Result<net::Endpoint> listen(const net::Endpoint& local);

  // Accepts on every listener from now on.
  void start();

  // Accepts no more, lets the live connections end by themselves for at most `drain`, then resets
  // what is left.
  net::Task<void> stop(net::Duration drain);

  const ServerCounters& counters() const { return counters_; }

 private:
  net::Runtime& runtime_;
  ServerOptions options_;
  Dialer dialer_;
  ServerCounters counters_;
  std::vector<net::ListenerPtr> listeners_;
  net::TaskGroup acceptors_;
  net::TaskGroup sessions_;
};

}  // namespace dispatch::proxy
