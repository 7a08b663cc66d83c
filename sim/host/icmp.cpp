#include "sim/host/icmp.hpp"

#include <algorithm>

namespace dispatch::sim {
namespace {

// All of an ICMP error together: RFC 1812 4.3.2.3, RFC 4443 2.4 (c).
constexpr std::uint32_t kIpv4Most = 576;
constexpr std::uint32_t kIpv6Most = 1280;
constexpr std::uint32_t kIpv4Headers = 20 + 8;
constexpr std::uint32_t kIpv6Headers = 40 + 8;

}  // namespace

PacketPtr make_unreachable(PacketPool& packets, const Packet& packet,
                           IcmpUnreachable::Reason reason, const net::Address& from,
                           std::uint32_t mtu) {
  IcmpUnreachable message;
  message.reason = reason;
  message.mtu = mtu;
  if (const auto* segment = std::get_if<tcp::Segment>(&packet.transport)) {
    message.protocol = IcmpUnreachable::Protocol::tcp;
    message.source = {packet.source, segment->source_port};
    message.destination = {packet.destination, segment->destination_port};
    message.tcp_sequence = segment->sequence;
  } else if (const auto* datagram = std::get_if<UdpDatagram>(&packet.transport)) {
    message.protocol = IcmpUnreachable::Protocol::udp;
    message.source = {packet.source, datagram->source_port};
    message.destination = {packet.destination, datagram->destination_port};
  } else {
    return nullptr;
  }
  const bool v6 = packet.source.is_v6();
  message.quoted_size =
      std::min(packet.size, v6 ? kIpv6Most - kIpv6Headers : kIpv4Most - kIpv4Headers);
  auto answer = packets.make();
  answer->source = from;
  answer->destination = packet.source;
  answer->transport = message;
  answer->measure(v6 ? kIpv6Most : kIpv4Most);
  return answer;
}

}  // namespace dispatch::sim
