// Which flow a packet is of.
#pragma once

#include <cstdint>

namespace dispatch::sim {

struct Packet;

// A number made of addresses, ports and protocol. `key` makes it another number: a sender who does
// not know it cannot choose flows that meet. The same on every machine.
std::uint64_t flow_hash(const Packet& packet, std::uint64_t key);

}  // namespace dispatch::sim
