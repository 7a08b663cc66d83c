// What passed one direction of a link.
#pragma once

#include "engine/net/time.hpp"
#include "sim/link/packet_observer.hpp"

#include <array>
#include <cstdint>

namespace dispatch::sim {

struct PacketCount {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // of IP

  void add(std::uint64_t size) {
    ++packets;
    bytes += size;
  }
  friend bool operator==(const PacketCount&, const PacketCount&) = default;
};

// offered + duplicated = dropped (all reasons) + delivered + what is queued, being sent or on its
// way.
struct LinkCounters {
  PacketCount offered;
  PacketCount delivered;
  std::array<PacketCount, kDropReasons> dropped{};
  std::uint64_t duplicated = 0;       // packets
  std::uint64_t corrupted = 0;        // these are delivered too
  std::uint64_t reordered = 0;        // sent ahead, by `reorder`; not those that jitter reorders
  std::uint64_t marked = 0;           // with CE, in place of being dropped
  net::Duration busy{};               // time spent sending
  std::uint64_t queue_bytes_max = 0;  // the deepest the queue has been

  const PacketCount& dropped_for(DropReason reason) const {
    return dropped[static_cast<std::size_t>(reason)];
  }
};

}  // namespace dispatch::sim
