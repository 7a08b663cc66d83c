// Where clients come in, as users write it: 127.0.0.1:1080, [::1]:1443,tls.
#pragma once

#include "engine/net/address.hpp"

#include <string>
#include <string_view>

namespace dispatch::proxy {

// What a listener asks of its clients before they may speak their own protocol.
struct Entrance {
  bool tls_only = false;
  // Each connection begins with a header of the PROXY protocol, and comes from one of
  // ServerOptions::trusted_proxies.
  bool accept_proxy = false;

  friend bool operator==(const Entrance&, const Entrance&) = default;
};

struct ListenerSpec {
  net::Endpoint endpoint;
  Entrance entrance{};

  friend bool operator==(const ListenerSpec&, const ListenerSpec&) = default;
};

// The inverse of parse_listener_spec.
std::string to_string(const ListenerSpec& spec);

// ADDRESS:PORT[,OPTION...]; port 0 takes a free one. Options: tls,
// accept-proxy (see Entrance). Throws net::ConfigError.
ListenerSpec parse_listener_spec(std::string_view text);

// Whether other machines may reach it.
bool is_beyond_this_machine(const ListenerSpec& spec);

}  // namespace dispatch::proxy
