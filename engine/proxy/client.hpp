// A client that is being served, and what its protocol's code may use.
#pragma once

#include "engine/net/deadline.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/connection_table.hpp"
#include "engine/proxy/dialer.hpp"
#include "engine/proxy/handshake_buffer.hpp"
#include "engine/proxy/listener_spec.hpp"
#include "engine/proxy/peer.hpp"
#include "engine/proxy/quiet_clients.hpp"
#include "engine/proxy/relay.hpp"
#include "engine/proxy/server_options.hpp"
#include "engine/proxy/udp_batch.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::proxy {

// Of one server; outlives its clients.
struct Service {
  // `failed` hears of an exception that ends a connection.
  Service(net::Runtime& on, const ServerOptions& with, link::LinkSet& by,
          std::shared_ptr<ClientRates> rates, std::shared_ptr<TargetPlaces> places,
          std::function<void(std::exception_ptr)> failed)
      : runtime(on),
        options(with),
        links(by),
        dialer(on, by, with.dial),
        shaper(on, std::move(rates)),
        target_places(std::move(places)),
        connections(with.silence, shaper),
        relays(on, connections, std::move(failed)) {}
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  net::Runtime& runtime;
  const ServerOptions& options;
  link::LinkSet& links;
  Dialer dialer;
  Shaper shaper;
  std::shared_ptr<TargetPlaces> target_places;
  ConnectionTable connections;
  Relays relays;
  QuietClients quiet_clients{};
  ServerCounters counters{};
  UdpBatchPool udp_batches{};
};

// What a handshake ends with: the way to the target, which the relay takes over.
struct Tunnel {
  Target target;
  Dialed dialed;
  // What came along with the request and is no longer in the client's buffer: the first bytes of
  // the stream to the target.
  std::vector<std::byte> early{};
};

// On whose behalf there are connections to targets.
struct Caller {
  net::Runtime& runtime() const { return service.runtime; }

  // Of a step of the handshake that begins now.
  net::TimePoint deadline() const {
    return runtime().clock().now() + service.options.handshake_timeout;
  }

  // A connection to the target, which has been told who the client is where that is asked for
  // (ServerOptions::send_proxy). Errors: Dialer::dial's; those of writing.
  net::Task<net::Result<Dialed>> dial(Target target, DialWish wish);
  net::Task<net::Result<Dialed>> dial(Target target) { return dial(std::move(target), DialWish()); }

  // `left` ended a connection to `target` before its first byte, and `by` has brought an answer. Of
  // a reset, that is a sign.
  void tell_of_early_end(link::Link& left, const net::Error& error, const Target& target,
                         const link::Link& by);

  Service& service;
  Peer peer;
  std::string user{};  // as it says to be; empty: it has not said
};

// From the first byte until its connection is relayed.
struct Client : Caller {
  // `its` place outlives this.
  Client(Service& of, net::StreamPtr connection, Entrance by, Admission::Place& its)
      : Caller{of, Peer(connection->remote_endpoint(), by.path)},
        stream(std::move(connection)),
        entrance(std::move(by)),
        place(its) {}

  // Hands an answer over within its deadline, to a client that may have left so many answers unread
  // that there is no room for one more. Errors: timed_out; the stream's.
  net::Task<net::Status> tell(std::string answer);

  // Counts and logs that no connection came of it.
  void refused(const std::string& what, const net::Error& error);

  // After the last bytes to a client that gets no connection. Closing a socket while bytes of the
  // client's are unread would reset it, and the reset would overtake the answer: says the end, then
  // reads what still comes, for a moment.
  net::Task<void> finish();

  net::StreamPtr stream;
  Entrance entrance;
  Admission::Place& place;
  HandshakeBuffer buffer;
};

// The protocols. Each reads what the client wants, dials, and answers as its protocol has it. None:
// the client has been told and is done with.
net::Task<std::optional<Tunnel>> negotiate_socks5(Client& client);
net::Task<std::optional<Tunnel>> negotiate_socks4(Client& client);
// HTTP/1.1: a tunnel comes of CONNECT and of a protocol upgrade. All other requests are forwarded
// here, one after the other, until the client or an error ends its connection.
net::Task<std::optional<Tunnel>> negotiate_http(Client& client);

}  // namespace dispatch::proxy
