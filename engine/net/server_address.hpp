// Addresses of servers, as people write them.
#pragma once

#include "engine/net/address.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch::net {

// Somebody who can be asked: ADDRESS:PORT, or ADDRESS alone with the port that is usual. None for
// port 0, and for addresses that nobody has (0.0.0.0, multicast).
inline std::optional<Endpoint> parse_server(std::string_view text, std::uint16_t usual_port) {
  auto server = parse_endpoint(text);
  if (!server) {
    if (const auto address = parse_address(text)) server = {*address, usual_port};
  }
  const bool usable = server && server->port != 0 && !server->address.is_unspecified() &&
                      !server->address.is_multicast();
  return usable ? server : std::nullopt;
}

}  // namespace dispatch::net
