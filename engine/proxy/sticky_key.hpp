// Which connections belong together.
#pragma once

#include "engine/link/policy/isolation.hpp"
#include "engine/proxy/peer.hpp"
#include "engine/proxy/target.hpp"

#include <string_view>

namespace dispatch::proxy {

// Of a connection.
struct StickyParts {
  const Peer& client;
  const Target& target;
  std::string_view user;  // empty: the client has given no name
};

// Made of the parts that `isolation` names. The user's session is a part of its name, and has the
// lifetime that the name gives it (SessionName). The domain of an address is the address.
link::StickyKey sticky_key(const link::Isolation& isolation, const StickyParts& parts);

}  // namespace dispatch::proxy
