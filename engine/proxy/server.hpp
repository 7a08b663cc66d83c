// The proxy: accepts clients and serves each until it ends.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"
#include "engine/proxy/client.hpp"
#include "engine/proxy/listener_spec.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace dispatch::proxy {

// Uses `runtime` and `links` for as long as it runs: call stop() and wait for it first.
class Server {
 public:
  Server(net::Runtime& runtime, link::LinkSet& links, ServerOptions options);

  // Opens a listener; may be called for several. Yields it with the port that it has. What is
  // opened is closed by stop() or with the server. Errors: Network::listen's.
  net::Result<ListenerSpec> open(ListenerSpec spec);
  net::Result<net::Endpoint> listen(const net::Endpoint& local);

  // Accepts on every listener from now on; may be called again for those that were opened since.
  void start();

  // Accepts no more, ends the connections of clients that wait for nothing, lets the others end by
  // themselves for at most `drain`, then resets what is left.
  net::Task<void> stop(net::Duration drain);

  ServerCounters counters() const;
  // What went by no link (Routes::direct).
  const link::Link& direct() const { return service_.dialer.routes().direct(); }

 private:
  struct Listening {
    ListenerSpec spec;
    net::ListenerPtr listener;
    bool accepts = false;
  };

  void admit(net::StreamPtr client, Entrance entrance);

  net::Runtime& runtime_;
  ServerOptions options_;
  Admission admission_;  // relays have places
  Service service_;
  std::vector<Listening> listeners_;
  bool started_ = false;
  net::TaskGroup acceptors_;
  net::TaskGroup watchers_;
  net::TaskGroup sessions_;
};

}  // namespace dispatch::proxy
