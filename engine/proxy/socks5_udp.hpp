// The header that each datagram between a SOCKS5 client and its relay begins with (RFC 1928 7), as
// functions of bytes.
//
//     RSV 2 | FRAG 1 | ATYP 1 | address 4, 16, or 1 and a name | port 2
//
// On the way out it names the target, on the way back who sent the datagram.
#pragma once

#include "engine/net/address.hpp"
#include "engine/proxy/target.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dispatch::proxy::socks5 {

enum class UdpFault : std::uint8_t {
  none,
  too_short,     // than its own header
  fragment,      // FRAG is not 0: "an implementation that does not support fragmentation MUST drop"
  address_type,  // none that RFC 1928 knows
};

struct UdpSplit {
  UdpFault fault = UdpFault::none;
  std::span<const std::byte> destination;  // ATYP to port: equal bytes name the same target
  std::span<const std::byte> payload;
};

// Takes no note of what RSV holds.
UdpSplit split_udp(std::span<const std::byte> datagram);

// Of a split without fault. None: a name that no look-up could carry, or nowhere to send to (port
// 0, an unspecified address).
std::optional<Target> udp_target(std::span<const std::byte> destination);

// A header with an address: it is kept by value, since most datagrams of a flow have the same.
class UdpHeader {
 public:
  static constexpr std::size_t kFixedSize = 3;  // RSV and FRAG
  static constexpr std::size_t kSizeMax = kFixedSize + 1 + 16 + 2;

  explicit UdpHeader(const net::Endpoint& endpoint);

  std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }
  std::span<const std::byte> destination() const { return bytes().subspan(kFixedSize); }

 private:
  std::array<std::byte, kSizeMax> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace dispatch::proxy::socks5
