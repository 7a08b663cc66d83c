#include "sim/capture/packet_bytes.hpp"

#include "sim/link/packet.hpp"

#include <span>

namespace dispatch::sim {
namespace {

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kUdpChecksumAt = 6;

void append_address(const net::Address& address, ByteVector& out) {
  ByteWriter write(out);
  const auto put = [&](const auto& bytes) { write.bytes(std::as_bytes(std::span(bytes))); };
  if (address.is_v4()) {
    put(address.to_v4().to_bytes());
  } else {
    put(address.to_v6().to_bytes());
  }
}

// RFC 9293 3.1, RFC 8200 8.1.
Checksum pseudo_header(const Packet& packet, std::uint8_t protocol, std::size_t size) {
  ByteVector addresses;
  append_address(packet.source, addresses);
  append_address(packet.destination, addresses);
  Checksum checksum;
  checksum.add(addresses);
  checksum.add(protocol);
  checksum.add(static_cast<std::uint32_t>(size));
  return checksum;
}

struct Sizes {
  std::uint8_t protocol;
  std::size_t payload;      // of IP
  std::size_t checksum_at;  // within it
};

struct SizesOf {
  bool v6;

  Sizes operator()(const tcp::Segment& segment) const {
    return {kProtocolTcp, segment.size(), kTcpChecksumAt};
  }
  Sizes operator()(const UdpDatagram& datagram) const {
    return {kProtocolUdp, kUdpHeader + datagram.payload.size(), kUdpChecksumAt};
  }
  Sizes operator()(const IcmpUnreachable& message) const {
    constexpr std::size_t kIcmpHeader = 8;
    return {v6 ? kProtocolIcmpV6 : kProtocolIcmp, kIcmpHeader + message.quoted_size,
            kIcmpChecksumAt};
  }
};

struct AppendTransport {
  ByteVector& out;

  void operator()(const tcp::Segment& segment) const { append_tcp(segment, out); }
  void operator()(const UdpDatagram& datagram) const {
    ByteWriter write(out);
    write.u16(datagram.source_port);
    write.u16(datagram.destination_port);
    write.u16(kUdpHeader + datagram.payload.size());
    write.u16(0);
    write.bytes(datagram.payload.bytes());
  }
  void operator()(const IcmpUnreachable& message) const { append_icmp(message, out); }
};

}  // namespace

void append_ip_header(const net::Address& source, const net::Address& destination,
                      std::uint8_t protocol, std::size_t payload, unsigned ecn, unsigned ttl,
                      bool may_fragment, ByteVector& out) {
  ByteWriter write(out);
  if (source.is_v6()) {
    write.u32(6u << 28 | ecn << 20);
    write.u16(payload);
    write.u8(protocol);
    write.u8(ttl);
    append_address(source, out);
    append_address(destination, out);
    return;
  }
  const auto begin = out.size();
  write.u8(0x45);
  write.u8(ecn);
  write.u16(kIpv4Header + payload);
  write.u16(0);  // no two fragments to be told apart (RFC 6864 4.1)
  write.u16(may_fragment ? 0 : 0x4000);
  write.u8(ttl);
  write.u8(protocol);
  write.u16(0);
  append_address(source, out);
  append_address(destination, out);
  Checksum checksum;
  checksum.add(std::span(out).subspan(begin));
  write.put_u16(begin + 10, checksum.value());
}

void append_packet(const Packet& packet, ByteVector& out) {
  const auto sizes = std::visit(SizesOf{packet.source.is_v6()}, packet.transport);
  append_ip_header(packet.source, packet.destination, sizes.protocol, sizes.payload,
                   static_cast<unsigned>(packet.ecn), packet.ttl, packet.fragmented, out);
  const auto begin = out.size();
  std::visit(AppendTransport{out}, packet.transport);
  const auto payload = std::span(out).subspan(begin);
  Checksum checksum;
  if (sizes.protocol != kProtocolIcmp) {
    checksum = pseudo_header(packet, sizes.protocol, payload.size());
  }
  checksum.add(payload);
  auto value = checksum.value();
  if (packet.corrupted) value ^= 0x5555;
  if (sizes.protocol == kProtocolUdp && value == 0) value = 0xffff;  // 0 is "none" (RFC 768)
  ByteWriter(out).put_u16(begin + sizes.checksum_at, value);
}

}  // namespace dispatch::sim
