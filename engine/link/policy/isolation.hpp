// What connections have in common that stay on one link.
#pragma once

#include "engine/net/time.hpp"

#include <cstdint>

namespace dispatch::link {

// After the isolation flags of Tor's SocksPort (tor(1), IsolateClientAddr and so on): connections
// that agree in all that is set belong together.
struct Isolation {
  bool client = false;  // the client's address
  bool domain = false;  // the target's registered domain: shop.example.co.uk's is example.co.uk
  bool host = false;    // the target's name or address
  bool port = false;    // the target's port
  bool user = false;    // the name that the client gives the proxy, with its session

  bool any() const { return client || domain || host || port || user; }
  friend bool operator==(const Isolation&, const Isolation&) = default;
};

// Which connections belong together: those with the same hash.
struct StickyKey {
  std::uint64_t hash = 0;    // 0: the connection belongs to no other
  net::Duration lifetime{};  // how long they do; 0: as the policy has it
};

}  // namespace dispatch::link
