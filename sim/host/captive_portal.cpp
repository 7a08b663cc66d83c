#include "sim/host/captive_portal.hpp"

#include "engine/net/well_known_port.hpp"

namespace dispatch::sim {
namespace {

constexpr std::uint32_t kIpv6LeastMtu = 1280;  // a RST is smaller

}  // namespace

CaptivePortal::Verdict CaptivePortal::hijack_out(Packet& packet, PacketPool& packets) {
  const auto& portal = portal_for(packet.destination);
  if (packet.destination == portal) return {};
  const auto* segment = std::get_if<tcp::Segment>(&packet.transport);
  const auto* datagram = std::get_if<UdpDatagram>(&packet.transport);
  if (segment == nullptr && datagram == nullptr) return {};
  const auto source = segment != nullptr ? segment->source_port : datagram->source_port;
  const auto port = segment != nullptr ? segment->destination_port : datagram->destination_port;
  if (port == net::kDnsPort || (segment != nullptr && port == net::kHttpPort)) {
    meant_[{packet.transport.index(), {packet.source, source}, port}] = packet.destination;
    packet.destination = portal;
    return {};
  }
  Verdict verdict{false, nullptr};
  if (!options_.refuses_others || segment == nullptr || segment->rst) return verdict;
  verdict.answer = packets.make();
  verdict.answer->source = packet.destination;
  verdict.answer->destination = packet.source;
  verdict.answer->transport = tcp::refusal(*segment);
  verdict.answer->measure(kIpv6LeastMtu);
  return verdict;
}

void CaptivePortal::disguise_in(Packet& packet) const {
  if (packet.source != portal_for(packet.source)) return;
  const auto* segment = std::get_if<tcp::Segment>(&packet.transport);
  const auto* datagram = std::get_if<UdpDatagram>(&packet.transport);
  if (segment == nullptr && datagram == nullptr) return;
  const auto port = segment != nullptr ? segment->source_port : datagram->source_port;
  const auto to = segment != nullptr ? segment->destination_port : datagram->destination_port;
  const auto meant = meant_.find({packet.transport.index(), {packet.destination, to}, port});
  if (meant != meant_.end()) packet.source = meant->second;
}

}  // namespace dispatch::sim
