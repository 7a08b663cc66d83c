#include "sim/link/flow_hash.hpp"

#include "sim/core/random.hpp"
#include "sim/link/packet.hpp"

namespace dispatch::sim {
namespace {

std::uint64_t with_address(std::uint64_t hash, const net::Address& address) {
  if (address.is_v4()) return mix(hash ^ address.to_v4().to_uint());
  const auto bytes = address.to_v6().to_bytes();
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 8; ++k) word = word << 8 | bytes[i + k];
    hash = mix(hash ^ word);
  }
  return hash;
}

struct Ports {
  std::uint64_t operator()(const tcp::Segment& segment) const {
    return std::uint64_t{6} << 32 | std::uint32_t{segment.source_port} << 16 |
           segment.destination_port;
  }
  std::uint64_t operator()(const UdpDatagram& datagram) const {
    return std::uint64_t{17} << 32 | std::uint32_t{datagram.source_port} << 16 |
           datagram.destination_port;
  }
  std::uint64_t operator()(const IcmpUnreachable&) const { return std::uint64_t{1} << 32; }
};

}  // namespace

std::uint64_t flow_hash(const Packet& packet, std::uint64_t key) {
  const auto addresses = with_address(with_address(mix(key), packet.source), packet.destination);
  return mix(addresses ^ std::visit(Ports{}, packet.transport));
}

}  // namespace dispatch::sim
