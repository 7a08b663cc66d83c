#include "sim/link/packet.hpp"

#include "sim/core/event_hash.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace dispatch::sim {
namespace {

constexpr std::uint32_t kIpv4Header = 20;
constexpr std::uint32_t kIpv6Header = 40;
constexpr std::uint32_t kIpv6FragmentHeader = 8;
constexpr std::uint32_t kUdpHeader = 8;
constexpr std::uint32_t kIcmpHeader = 8;

// The size of all fragments together (RFC 791 3.2, RFC 8200 4.5): each but the last carries a
// multiple of 8 bytes.
std::uint32_t fragmented_size(std::uint32_t payload, std::uint32_t header, std::uint32_t extra,
                              std::uint32_t mtu) {
  if (header + payload <= mtu || mtu < header + extra + 8) return header + payload;
  const auto per_fragment = (mtu - header - extra) / 8 * 8;
  const auto fragments = (payload + per_fragment - 1) / per_fragment;
  return payload + fragments * (header + extra);
}

struct Size {
  std::uint32_t operator()(const tcp::Segment& segment) const {
    return static_cast<std::uint32_t>(segment.size());
  }
  std::uint32_t operator()(const UdpDatagram& datagram) const {
    return kUdpHeader + static_cast<std::uint32_t>(datagram.payload.size());
  }
  std::uint32_t operator()(const IcmpUnreachable& message) const {
    return kIcmpHeader + message.quoted_size;
  }
};

struct AddTransport {
  EventHash& hash;

  void operator()(const tcp::Segment& s) const {
    hash.add(std::uint64_t{s.source_port} << 16 | s.destination_port);
    hash.add(std::uint64_t{s.sequence} << 32 | s.acknowledgment);
    hash.add(std::uint64_t{s.window} << 7 | s.ece << 6 | s.cwr << 5 | s.syn << 4 | s.ack << 3 |
             s.fin << 2 | s.rst << 1 | s.psh << 0);
  }
  void operator()(const UdpDatagram& d) const {
    hash.add(std::uint64_t{d.source_port} << 16 | d.destination_port);
  }
  void operator()(const IcmpUnreachable& m) const {
    hash.add(static_cast<std::uint64_t>(m.reason) << 32 | std::uint64_t{m.source.port} << 16 |
             m.destination.port);
  }
};

void add_address(EventHash& hash, const net::Address& address) {
  if (address.is_v4()) {
    hash.add(address.to_v4().to_uint());
    return;
  }
  const auto bytes = address.to_v6().to_bytes();
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 8; ++k) word = word << 8 | bytes[i + k];
    hash.add(word);
  }
}

}  // namespace

net::Error IcmpUnreachable::error() const {
  switch (reason) {
    case Reason::network:
      return net::errno_error(ENETUNREACH);
    case Reason::host:
      return net::errno_error(EHOSTUNREACH);
    case Reason::port:
      return net::errno_error(ECONNREFUSED);
    case Reason::prohibited:
    case Reason::host_prohibited:
      return net::errno_error(source.address.is_v6() ? EACCES : EHOSTUNREACH);
    case Reason::network_prohibited:
      return net::errno_error(source.address.is_v6() ? EACCES : ENETUNREACH);
    case Reason::too_big:
      return net::errno_error(EMSGSIZE);
  }
  return {};
}

void Packet::measure(std::uint32_t mtu) {
  const auto payload = std::visit(Size{}, transport);
  fragmented = payload + (destination.is_v6() ? kIpv6Header : kIpv4Header) > mtu;
  size = destination.is_v6() ? fragmented_size(payload, kIpv6Header, kIpv6FragmentHeader, mtu)
                             : fragmented_size(payload, kIpv4Header, 0, mtu);
}

void Packet::add_to(EventHash& hash) const {
  add_address(hash, source);
  add_address(hash, destination);
  hash.add(std::uint64_t{corrupted} << 34 | static_cast<std::uint64_t>(ecn) << 32 | size);
  std::visit(AddTransport{hash}, transport);
}

PacketPtr Packet::copy() const {
  auto other = pool_->make();
  other->source = source;
  other->destination = destination;
  other->ttl = ttl;
  other->ecn = ecn;
  other->fragmented = fragmented;
  other->corrupted = corrupted;
  other->transport = transport;
  other->size = size;
  return other;
}

void PacketReturn::operator()(Packet* packet) const {
  packet->transport = tcp::Segment{};  // lets go of the payload
  packet->pool_->idle_.push_back(packet);
}

PacketPtr PacketPool::make() {
  if (idle_.empty()) {
    all_.push_back(std::make_unique<Packet>());
    all_.back()->pool_ = this;
    // Never to be grown when a packet comes back.
    idle_.reserve(all_.capacity());
    idle_.push_back(all_.back().get());
  }
  auto* packet = idle_.back();
  idle_.pop_back();
  packet->ttl = Packet::kInitialTtl;
  packet->ecn = Ecn::not_ect;
  packet->fragmented = false;
  packet->corrupted = false;
  return PacketPtr(packet);
}

}  // namespace dispatch::sim
