// What a proxy server may do, and what it has done.
#pragma once

#include "engine/link/limits.hpp"
#include "engine/link/monitor.hpp"
#include "engine/link/usage_store.hpp"
#include "engine/net/counter.hpp"
#include "engine/proxy/accounts.hpp"
#include "engine/proxy/admission.hpp"
#include "engine/proxy/connection.hpp"
#include "engine/proxy/dialer.hpp"
#include "engine/proxy/proxy_protocol.hpp"
#include "engine/proxy/udp_options.hpp"
#include "engine/tls/context.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace dispatch::proxy {

struct ServerOptions {
  DialOptions dial;
  net::Duration handshake_timeout = std::chrono::seconds(30);  // for what the client has to send
  net::Duration bind_timeout = std::chrono::minutes(2);  // for the connection that BIND waits for
  net::Duration keep_alive_timeout = std::chrono::minutes(1);  // for the next HTTP request
  // Links are watched: see link::HealthTracker. Off, every link is taken to be up.
  bool health = true;
  link::MonitorOptions monitor;
  // A connection without a byte for so long, whose link is down while another one is not, is reset:
  // see DeadLinks. Longer than most handovers between cells last; short enough for a person. 0: it
  // is not.
  net::Duration dead_link_timeout = std::chrono::milliseconds(1500);
  SilenceLimits silence;  // of connections to targets
  // Clients and targets that are silent are asked whether they are still there; none: they are not.
  std::optional<net::KeepAlive> tcp_keep_alive = net::KeepAlive::after(std::chrono::minutes(1));
  // What TLS clients are shown; null: none is served. See entrance.hpp.
  std::shared_ptr<const tls::Context> tls{};
  Accounts accounts;  // none: no authentication
  AdmissionOptions admission;
  link::RateLimits client_rates;               // of each client, by its address
  std::size_t connections_per_target_max = 0;  // at a time: see TargetPlaces; 0: no limit
  // Where what links have used of their data caps is kept; null: it is not.
  std::shared_ptr<link::UsageStore> usage_store{};
  UdpOptions udp;
  // Who may say, by the PROXY protocol, for whom they connect: see Entrance::accept_proxy.
  std::vector<net::Prefix> trusted_proxies = {{net::AddressV4::loopback(), 8},
                                              {net::AddressV6::loopback(), 128}};
  // Each connection to a target begins with a header of the PROXY protocol; none: it does not.
  std::optional<proxy_protocol::Version> send_proxy{};
};

// What a server may be given anew while it runs; as in ServerOptions.
struct Renewal {
  std::shared_ptr<const tls::Context> tls;
  Accounts accounts;
  std::vector<RouteRule> routes;
  link::RateLimits client_rates{};
  std::size_t connections_per_target_max = 0;
};

struct ServerCounters {
  net::Counter accepted;
  net::Counter refused;      // ended with an error before a connection to the target stood
  net::Counter turned_away;  // not let in: see AdmissionOptions
  net::Counter live;         // let in and not yet ended
  UdpCounters udp;
};

}  // namespace dispatch::proxy
