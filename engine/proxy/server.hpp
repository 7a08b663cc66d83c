// The proxy: accepts clients and serves each until it ends.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"
#include "engine/proxy/client.hpp"
#include "engine/proxy/dead_links.hpp"
#include "engine/proxy/listener_spec.hpp"
#include "engine/proxy/server_view.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

namespace dispatch::proxy {

// Belongs to one event loop. A machine with several processors may run one on each: they share the
// listeners, the links with their shares, and the limits, and nothing that a byte passes by.
//
// Uses `runtime` and `links` for as long as it runs: call stop() and wait for it first.
class Server {
 public:
  Server(net::Runtime& runtime, link::LinkSet& links, ServerOptions options);

  // Another event loop for the clients of `first`, whose listeners are open and which outlives
  // this. To be made before either loop runs. Throws boost::system::system_error where there are
  // no descriptors left.
  Server(net::Runtime& runtime, Server& first);

  // Opens a listener; may be called for several. Yields it with the port that it has. What is
  // opened is closed by stop() or with the server. Errors: Network::listen's.
  net::Result<ListenerSpec> open(ListenerSpec spec);
  net::Result<net::Endpoint> listen(const net::Endpoint& local);

  // Accepts on every listener from now on; may be called again for those that were opened since.
  void start();

  // For all that begins from now on: connections that are served keep what they began with. Also to
  // be called after LinkSet::set_policy. Throws
  // net::ConfigError, and then nothing has changed: see Routes.
  void renew(const Renewal& renewal);

  // Accepts no more, ends the connections of clients that wait for nothing, lets the others end by
  // themselves for at most `drain`, then resets what is left.
  net::Task<void> stop(net::Duration drain);

  // Resets what a stop() that is under way waits for.
  void reset_all();

  // Of this event loop, and to be read on it; but `live` is of all.
  ServerCounters counters() const;
  // The counters, and the oldest connections to targets.
  ServerView view(std::size_t connections_max) const;

 private:
  struct Listening {
    ListenerSpec spec;
    net::ListenerPtr listener;
    bool accepts = false;
    net::StreamPtr waiting{};  // accepted when another one had just taken the last place
  };

  void sample_where_wanted();
  void admit(net::StreamPtr client, Listening& listening);
  net::Task<net::Status> room_at(Listening& listening);
  net::Result<Admission::Place> place_for(const Peer& peer, const Entrance& entrance);

  net::Task<void> monitor_links();
  net::Task<void> keep_usage();
  void link_changed(link::Link& link);

  net::Runtime& runtime_;
  bool is_first_ = true;  // of those that share the links: it samples their rates and asks them
  bool samples_ = false;  // now
  ServerOptions options_;
  std::shared_ptr<Admission> admission_;  // relays have places
  Admission::Queue queue_;
  Service service_;
  DeadLinks dead_links_;
  std::list<Listening> listeners_;
  bool started_ = false;
  net::TaskGroup acceptors_;
  net::TaskGroup watchers_;
  net::TaskGroup sessions_;
  std::shared_ptr<link::LinkWatch> link_watch_;
};

}  // namespace dispatch::proxy
