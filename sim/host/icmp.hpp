// The making of ICMP errors.
#pragma once

#include "sim/link/packet.hpp"

namespace dispatch::sim {

// The answer "unreachable" to `packet`, from `from`, measured; none where the packet must not be
// answered (RFC 1122 3.2.2: never to an ICMP error). `mtu` is for too_big.
PacketPtr make_unreachable(PacketPool& packets, const Packet& packet,
                           IcmpUnreachable::Reason reason, const net::Address& from,
                           std::uint32_t mtu = 0);

}  // namespace dispatch::sim
