// Where clients come in, as users write it: 127.0.0.1:1080, [::1]:1443,tls,
// unix:/run/dispatch.sock,mode=0660.
#pragma once

#include "engine/net/address.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::proxy {

// What a listener asks of its clients before they may speak their own protocol.
struct Entrance {
  bool tls_only = false;
  // Each connection begins with a header of the PROXY protocol, and comes from one of
  // ServerOptions::trusted_proxies.
  bool accept_proxy = false;
  // The path of a Unix-domain listener, as its clients are named; null: they have addresses.
  std::shared_ptr<const std::string> path{};

  friend bool operator==(const Entrance&, const Entrance&) = default;
};

// At an endpoint, or, where there is a path, at a Unix-domain socket. No range of addresses and no
// limit for one client applies to clients of the latter: the file's permissions say who they are.
struct ListenerSpec {
  net::Endpoint endpoint;
  std::string path{};
  std::optional<std::uint32_t> mode{};  // of the socket's file; none: as the umask has it
  Entrance entrance{};

  friend bool operator==(const ListenerSpec&, const ListenerSpec&) = default;
};

// The inverse of parse_listener_spec.
std::string to_string(const ListenerSpec& spec);

// ADDRESS:PORT[,OPTION...] or unix:PATH[,OPTION...]; port 0 takes a free one. Options: tls,
// accept-proxy (see Entrance), mode=0660 (of a path). Throws net::ConfigError.
ListenerSpec parse_listener_spec(std::string_view text);

// Whether other machines may reach it.
bool is_beyond_this_machine(const ListenerSpec& spec);

}  // namespace dispatch::proxy
