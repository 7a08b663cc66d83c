// Where a client wants to go: an address or a name, and a port.
#pragma once

#include "engine/net/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dispatch::proxy {

struct Target {
  std::variant<net::Address, std::string> host;  // a string is a name to be looked up
  std::uint16_t port = 0;

  friend bool operator==(const Target&, const Target&) = default;
};

// The host that a client's text names: a literal address, or a name to be looked up. None: not
// printable ASCII without spaces (it would go into questions to resolvers, and into logs), or
// empty.
std::optional<std::variant<net::Address, std::string>> parse_host(std::string_view text);

// "www.example:80", "192.0.2.1:80", "[2001:db8::1]:443".
std::string to_string(const Target& target);

}  // namespace dispatch::proxy
