#include "engine/net/address.hpp"

#include <algorithm>
#include <charconv>

namespace dispatch::net {
namespace {

template <typename Integer>
std::optional<Integer> parse_number(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// RFC 4007, section 4: the others are global, or need no interface to be told apart.
bool has_scope(const AddressV6& address) {
  return address.is_link_local() || address.is_multicast_link_local();
}

}  // namespace

std::string_view to_string(Family family) {
  return family == Family::v6 ? "IPv6" : "IPv4";
}

Address any_address(Family family) {
  return family == Family::v6 ? Address{AddressV6::any()} : Address{AddressV4::any()};
}

Address loopback_address(Family family) {
  return family == Family::v6 ? Address{AddressV6::loopback()} : Address{AddressV4::loopback()};
}

std::optional<Address> parse_address(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  }
  const auto percent = text.find('%');
  std::uint32_t scope = 0;
  if (percent != std::string_view::npos) {
    const auto index = parse_number<std::uint32_t>(text.substr(percent + 1));
    if (!index) return std::nullopt;
    scope = *index;
    text = text.substr(0, percent);
  }
  // The system's parser would stop at a NUL and let what follows pass.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  if (scope != 0) {
    if (!address.is_v6() || !has_scope(address.to_v6())) return std::nullopt;
    auto v6 = address.to_v6();
    v6.scope_id(scope);
    address = v6;
  }
  return address;
}

bool is_link_local(const Address& address) {
  if (address.is_v6()) return address.to_v6().is_link_local();
  return (address.to_v4().to_uint() & 0xffff0000u) == 0xa9fe0000u;
}

Address without_scope(const Address& address) {
  if (!address.is_v6() || address.to_v6().scope_id() == 0) return address;
  return AddressV6(address.to_v6().to_bytes());
}

Address unmapped(const Address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

// Asio's own to_string asks the machine for the name of the scope's interface.
std::string to_string(const Address& address) {
  if (!address.is_v6() || address.to_v6().scope_id() == 0) return address.to_string();
  auto unscoped = address.to_v6();
  unscoped.scope_id(0);
  return unscoped.to_string() + "%" + std::to_string(address.to_v6().scope_id());
}

std::string to_string(const Endpoint& endpoint) {
  const auto text = to_string(endpoint.address);
  const auto port = std::to_string(endpoint.port);
  return endpoint.address.is_v6() ? "[" + text + "]:" + port : text + ":" + port;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto host = text.substr(0, colon);
  // An IPv6 address needs its brackets here: "::1:80" could be read in two ways.
  if (host.find(':') != std::string_view::npos && host.front() != '[') return std::nullopt;
  const auto address = parse_address(host);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!address || !port) return std::nullopt;
  return Endpoint{*address, *port};
}

bool Prefix::contains(const Address& other) const {
  if (family_of(address) != family_of(other)) return false;
  const auto same_bits = [&](const auto& a, const auto& b) {
    for (unsigned bit = 0; bit < length; ++bit) {
      const unsigned byte = bit / 8;
      const unsigned mask = 0x80u >> (bit % 8);
      if ((a[byte] & mask) != (b[byte] & mask)) return false;
    }
    return true;
  };
  if (address.is_v6()) return same_bits(address.to_v6().to_bytes(), other.to_v6().to_bytes());
  return same_bits(address.to_v4().to_bytes(), other.to_v4().to_bytes());
}

std::string to_string(const Prefix& prefix) {
  return to_string(prefix.address) + "/" + std::to_string(prefix.length);
}

std::optional<Prefix> parse_prefix(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const std::uint8_t whole = address->is_v6() ? 128 : 32;
  if (slash == std::string_view::npos) return Prefix{*address, whole};
  const auto length = parse_number<std::uint8_t>(text.substr(slash + 1));
  if (!length || *length > whole) return std::nullopt;
  return Prefix{*address, *length};
}

}  // namespace dispatch::net
