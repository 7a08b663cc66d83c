#include "engine/proxy/socks5_udp.hpp"

#include "engine/proxy/octets.hpp"

#include <algorithm>
#include <cstring>

namespace dispatch::proxy::socks5 {
namespace {

enum AddressType : std::uint8_t { kIpv4 = 1, kDomain = 3, kIpv6 = 4 };

// Of ATYP, address and port; `name_size` is the byte after ATYP. 0: no such type.
std::size_t destination_size(std::uint8_t type, std::uint8_t name_size) {
  switch (type) {
    case kIpv4:
      return 1 + 4 + 2;
    case kIpv6:
      return 1 + 16 + 2;
    case kDomain:
      return 1 + 1 + std::size_t{name_size} + 2;
    default:
      return 0;
  }
}

template <typename Address>
net::Address address_from(std::span<const std::byte> bytes) {
  typename Address::bytes_type raw;
  std::memcpy(raw.data(), bytes.data(), raw.size());
  return net::unmapped(Address(raw));
}

std::optional<std::variant<net::Address, std::string>> host_of(
    std::span<const std::byte> destination) {
  const auto type = octet(destination, 0);
  if (type == kIpv4) return address_from<net::AddressV4>(destination.subspan(1));
  if (type == kIpv6) return address_from<net::AddressV6>(destination.subspan(1));
  return parse_host(text_of(destination.subspan(2, octet(destination, 1))));
}

}  // namespace

UdpSplit split_udp(std::span<const std::byte> datagram) {
  constexpr auto kFixed = UdpHeader::kFixedSize;
  if (datagram.size() < kFixed + 2) return {UdpFault::too_short, {}, {}};
  if (octet(datagram, 2) != 0) return {UdpFault::fragment, {}, {}};
  const auto size = destination_size(octet(datagram, kFixed), octet(datagram, kFixed + 1));
  if (size == 0) return {UdpFault::address_type, {}, {}};
  const auto rest = datagram.subspan(kFixed);
  if (rest.size() < size) return {UdpFault::too_short, {}, {}};
  return {UdpFault::none, rest.first(size), rest.subspan(size)};
}

std::optional<Target> udp_target(std::span<const std::byte> destination) {
  const auto port = octet_pair(destination, destination.size() - 2);
  auto host = host_of(destination);
  if (!host || port == 0) return std::nullopt;
  const auto* address = std::get_if<net::Address>(&*host);
  if (address != nullptr && address->is_unspecified()) return std::nullopt;
  return Target{std::move(*host), port};
}

UdpHeader::UdpHeader(const net::Endpoint& endpoint) {
  auto* out = bytes_.data() + kFixedSize;
  const auto put = [&](AddressType type, const auto& address) {
    *out++ = std::byte{type};
    std::memcpy(out, address.data(), address.size());
    out += address.size();
  };
  if (endpoint.address.is_v6()) {
    put(kIpv6, endpoint.address.to_v6().to_bytes());
  } else {
    put(kIpv4, endpoint.address.to_v4().to_bytes());
  }
  *out++ = static_cast<std::byte>(endpoint.port >> 8);
  *out++ = static_cast<std::byte>(endpoint.port & 0xff);
  size_ = static_cast<std::uint8_t>(out - bytes_.data());
}

}  // namespace dispatch::proxy::socks5
