#include "sim/capture/packet_bytes.hpp"
#include "sim/link/packet.hpp"

namespace dispatch::sim {
namespace {

using Reason = IcmpUnreachable::Reason;

struct TypeAndCode {
  std::uint8_t type;
  std::uint8_t code;
};

TypeAndCode v4_of(Reason reason) {
  constexpr std::uint8_t kUnreachable = 3;
  switch (reason) {
    case Reason::network:
      return {kUnreachable, 0};
    case Reason::host:
      return {kUnreachable, 1};
    case Reason::port:
      return {kUnreachable, 3};
    case Reason::too_big:
      return {kUnreachable, 4};
    case Reason::network_prohibited:
      return {kUnreachable, 9};
    case Reason::host_prohibited:
      return {kUnreachable, 10};
    case Reason::prohibited:
      return {kUnreachable, 13};
  }
  return {};
}

TypeAndCode v6_of(Reason reason) {
  constexpr std::uint8_t kUnreachable = 1;
  constexpr std::uint8_t kTooBig = 2;
  switch (reason) {
    case Reason::network:
      return {kUnreachable, 0};
    case Reason::prohibited:
    case Reason::network_prohibited:
    case Reason::host_prohibited:
      return {kUnreachable, 1};
    case Reason::host:
      return {kUnreachable, 3};
    case Reason::port:
      return {kUnreachable, 4};
    case Reason::too_big:
      return {kTooBig, 0};
  }
  return {};
}

// The packet in question: its header, and the ports and the sequence number.
void append_quote(const IcmpUnreachable& message, ByteVector& out) {
  constexpr unsigned kTtl = 63;  // the router has counted it down
  const auto begin = out.size();
  const auto end = begin + message.quoted_size;
  const std::size_t header = message.source.address.is_v6() ? 40 : 20;
  const bool is_tcp = message.protocol == IcmpUnreachable::Protocol::tcp;
  append_ip_header(message.source.address, message.destination.address,
                   is_tcp ? kProtocolTcp : kProtocolUdp, message.quoted_size - header, 0, kTtl,
                   false, out);
  ByteWriter write(out);
  write.u16(message.source.port);
  write.u16(message.destination.port);
  if (is_tcp) {
    write.u32(message.tcp_sequence);
    write.u32(0);
    write.u16(5u << 12);  // a header without options
  } else {
    write.u16(message.quoted_size - header);
  }
  if (out.size() < end) write.zeros(end - out.size());
  out.resize(end);
}

}  // namespace

void append_icmp(const IcmpUnreachable& message, ByteVector& out) {
  const bool v6 = message.source.address.is_v6();
  const auto [type, code] = v6 ? v6_of(message.reason) : v4_of(message.reason);
  ByteWriter write(out);
  write.u8(type);
  write.u8(code);
  write.u16(0);
  write.u32(message.reason == Reason::too_big ? message.mtu : 0);
  append_quote(message, out);
}

}  // namespace dispatch::sim
