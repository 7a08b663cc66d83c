// SOCKS BIND: waiting, on one of the links, for a connection from the outside (RFC 1928 4 and 6).
// It is what protocols such as FTP in its active mode ask for.
#pragma once

#include "engine/proxy/client.hpp"

#include <optional>
#include <vector>

namespace dispatch::proxy {

class Bound {
 public:
  // Listens on the address of the link whose turn it is, or as a rule for `target` says (Routes);
  // links through proxies have none. `target` says who may come: its host, from any port; 0.0.0.0
  // or :: is anyone whom no rule refuses. A name is looked up through that link first. Errors: the
  // resolver's; address_family_not_supported (no link has the family); operation_not_supported
  // (there are only proxies); RouteError; Network::listen's.
  static net::Task<net::Result<Bound>> open(Client& client, Target target);

  // Where the peer has to connect to.
  net::Endpoint local() const { return listener_->local_endpoint(); }

  // The first connection from a peer that may come; others are reset. What the client sends
  // meanwhile stays in its buffer. Errors: timed_out (ServerOptions::bind_timeout);
  // operation_aborted where the client has gone.
  net::Task<net::Result<Dialed>> accept(Client& client);

 private:
  Bound(net::ListenerPtr listener, link::LinkDial dial, std::vector<net::Address> expected)
      : listener_(std::move(listener)), dial_(std::move(dial)), expected_(std::move(expected)) {}

  net::Task<net::Result<net::StreamPtr>> accept_expected(const Routes& routes, net::Log& log);
  bool may_come(const net::Address& peer) const;

  net::ListenerPtr listener_;
  std::optional<link::LinkDial> dial_;  // until there is a connection
  std::vector<net::Address> expected_;  // empty: anyone
};

}  // namespace dispatch::proxy
