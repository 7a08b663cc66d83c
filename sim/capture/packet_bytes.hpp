// A simulated packet as the bytes that it stands for.
#pragma once

#include "engine/net/address.hpp"
#include "sim/capture/byte_writer.hpp"

namespace dispatch::sim {

struct IcmpUnreachable;
struct Packet;
namespace tcp {
struct Segment;
}

// Appends the IP packet (RFC 791, RFC 8200): header, transport header and payload, with checksums
// that are right; in a packet that is corrupted the transport's is wrong. Whatever is larger than
// the MTU is written in one piece, without DF: its fragments are not told apart.
void append_packet(const Packet& packet, ByteVector& out);

// Their parts; the checksums are left zero, and stand at the given place behind the first byte.
inline constexpr std::size_t kTcpChecksumAt = 16;
inline constexpr std::size_t kIcmpChecksumAt = 2;
// RFC 9293 3.1, with the options in Linux's order (tcp_options_write).
void append_tcp(const tcp::Segment& segment, ByteVector& out);
// RFC 792 and RFC 4443, with as much of the packet in question as is known, and zeros behind it.
void append_icmp(const IcmpUnreachable& message, ByteVector& out);

// An IPv4 or IPv6 header. `ecn` are the two bits of RFC 3168.
void append_ip_header(const net::Address& source, const net::Address& destination,
                      std::uint8_t protocol, std::size_t payload, unsigned ecn, unsigned ttl,
                      bool may_fragment, ByteVector& out);

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIcmpV6 = 58;

}  // namespace dispatch::sim
