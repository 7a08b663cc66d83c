// Where a client comes from.
#pragma once

#include "engine/net/address.hpp"

#include <memory>
#include <string>
#include <utility>

namespace dispatch::proxy {

// An endpoint; or, for a client of a Unix-domain listener, that listener's path: such a client has
// no address (0.0.0.0:0).
struct Peer : net::Endpoint {
  Peer(net::Endpoint endpoint, std::shared_ptr<const std::string> its_path = nullptr)
      : net::Endpoint(std::move(endpoint)), path(std::move(its_path)) {}

  std::shared_ptr<const std::string> path;
};

// "192.0.2.1:4711", "unix:/run/dispatch.sock".
inline std::string to_string(const Peer& peer) {
  return peer.path ? "unix:" + *peer.path : net::to_string(static_cast<const net::Endpoint&>(peer));
}

}  // namespace dispatch::proxy
