// Internet addresses, endpoints and prefixes: values, with parsing and text.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::net {

// IPv4 or IPv6; an IPv6 address carries its scope (interface index) where it is link-local.
using Address = boost::asio::ip::address;
using AddressV4 = boost::asio::ip::address_v4;
using AddressV6 = boost::asio::ip::address_v6;

enum class Family : std::uint8_t { v4, v6 };

inline Family family_of(const Address& address) {
  return address.is_v6() ? Family::v6 : Family::v4;
}

// "IPv4" or "IPv6".
std::string_view to_string(Family family);

// The unspecified address (0.0.0.0 or ::).
Address any_address(Family family);

// The loopback address (127.0.0.1 or ::1).
Address loopback_address(Family family);

// Text to address: no name is looked up. Brackets around IPv6 are accepted. A link-local one
// may have a scope as %INDEX; a scope given as %NAME is for the caller, who knows the interfaces.
std::optional<Address> parse_address(std::string_view text);

// The inverse of parse_address: no brackets, a scope as %INDEX.
std::string to_string(const Address& address);

// 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291).
bool is_link_local(const Address& address);

// ::ffff:a.b.c.d becomes a.b.c.d; any other address is returned as it is.
Address unmapped(const Address& address);

// The same without its scope.
Address without_scope(const Address& address);

// A transport endpoint: address and port, in host byte order.
struct Endpoint {
  Address address;
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend bool operator<(const Endpoint& a, const Endpoint& b) {
    return a.address != b.address ? a.address < b.address : a.port < b.port;
  }
};

// "192.0.2.1:80", "[2001:db8::1]:80".
std::string to_string(const Endpoint& endpoint);

// The inverse of to_string.
std::optional<Endpoint> parse_endpoint(std::string_view text);

// An address block, for example 192.0.2.0/24.
struct Prefix {
  Address address;
  std::uint8_t length = 0;  // bits

  bool contains(const Address& other) const;
  friend bool operator==(const Prefix&, const Prefix&) = default;
};

std::string to_string(const Prefix& prefix);

// "192.0.2.0/24" or "2001:db8::/32"; without "/length" the whole address counts.
std::optional<Prefix> parse_prefix(std::string_view text);

}  // namespace dispatch::net
