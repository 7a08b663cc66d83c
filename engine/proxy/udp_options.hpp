// What a client may do by UDP ASSOCIATE, and what has been done.
#pragma once

#include "engine/net/counter.hpp"
#include "engine/net/time.hpp"
#include "engine/proxy/udp_drops.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace dispatch::proxy {

struct UdpOptions {
  // A flow over which no datagram has passed for so long is forgotten, and the socket of a link
  // with its last flow. RFC 4787 REQ-5: two minutes at least.
  net::Duration flow_timeout = std::chrono::minutes(2);
  // All flows of a client's association leave by one link, so that peers see one address of it
  // (RFC 4787 REQ-1: games, hole punching), as long as that link has the target's family.
  bool one_link = false;
  // Datagrams from addresses that the client has not sent to are dropped (RFC 4787 5:
  // address-dependent filtering). Else they are passed on, as REQ-8 recommends it where
  // transparency matters most: the header tells the client who sent them.
  bool only_from_targets = false;
  // Of one association; the one that has been silent for longest makes room.
  std::size_t flows_max = 4096;
  std::size_t unasked_flows_max = 256;         // of those that strangers have begun
  std::size_t names_max = 256;                 // names looked up at a time
  std::size_t waiting_max = 64;                // datagrams that wait for one name
  std::size_t waiting_bytes_max = 256 * 1024;  // and for all names
};

// Of all associations of a server; those that live count what they have done when they end.
struct UdpCounters {
  net::Counter associations;
  net::Counter live;      // associations
  net::Counter flows;     // begun
  net::Counter sent;      // datagrams to targets
  net::Counter received;  // datagrams to clients
  UdpDrops drops;
};

}  // namespace dispatch::proxy
