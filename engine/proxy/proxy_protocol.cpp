#include "engine/proxy/proxy_protocol.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

namespace dispatch::proxy::proxy_protocol {
namespace {

using namespace std::string_view_literals;

// Version 1.
constexpr auto kWord = "PROXY "sv;
constexpr std::size_t kTextMax = 107;  // with its CRLF

// Version 2.
constexpr auto kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kFixedSize = 16;
enum Command : std::uint8_t { kLocal = 0x20, kProxy = 0x21 };
enum Family : std::uint8_t { kUnspecified = 0x00, kTcp4 = 0x11, kTcp6 = 0x21 };

DecodedHeader invalid() {
  return {Progress::invalid, 0, {}};
}

bool begins_like(std::string_view text, std::string_view word) {
  const auto common = std::min(text.size(), word.size());
  return text.substr(0, common) == word.substr(0, common);
}

// Takes the word before the next space, or the last one.
std::string_view next_word(std::string_view& line) {
  const auto space = line.find(' ');
  const auto word = line.substr(0, space);
  line = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
  return word;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, port);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (parsed.ec != std::errc{} || parsed.ptr != end || leading_zero) return std::nullopt;
  return port;
}

// Of one family, and no more than an address: no brackets, no scope.
std::optional<net::Address> address_of(std::string_view text, net::Family family) {
  if (text.find_first_of("[]%") != std::string_view::npos) return std::nullopt;
  const auto address = net::parse_address(text);
  if (!address || net::family_of(*address) != family) return std::nullopt;
  // Leading zeroes could be read as octal.
  if (family == net::Family::v4 && address->to_string() != text) return std::nullopt;
  return address;
}

std::optional<Addresses> addresses_of(std::string_view line, net::Family family) {
  const auto spaces = std::count(line.begin(), line.end(), ' ');
  const auto source = address_of(next_word(line), family);
  const auto destination = address_of(next_word(line), family);
  const auto source_port = port_of(next_word(line));
  const auto destination_port = port_of(next_word(line));
  if (spaces != 3 || !source || !destination || !source_port || !destination_port) {
    return std::nullopt;
  }
  return Addresses{{*source, *source_port}, {*destination, *destination_port}};
}

DecodedHeader decode_v1(std::string_view text) {
  if (!begins_like(text, kWord)) return invalid();
  const auto line_end = text.substr(0, kTextMax).find("\r\n");
  if (line_end == std::string_view::npos) {
    return text.size() >= kTextMax ? invalid() : DecodedHeader{};
  }
  auto line = text.substr(kWord.size(), line_end - std::min(line_end, kWord.size()));
  DecodedHeader decoded{Progress::complete, line_end + 2, {}};
  const auto protocol = next_word(line);
  if (protocol == "UNKNOWN") return decoded;  // what follows is to be ignored
  if (protocol != "TCP4" && protocol != "TCP6") return invalid();
  const auto family = protocol == "TCP4" ? net::Family::v4 : net::Family::v6;
  decoded.message.addresses = addresses_of(line, family);
  return decoded.message.addresses ? decoded : invalid();
}

template <typename Address>
Address address_at(std::span<const std::byte> input, std::size_t at) {
  typename Address::bytes_type bytes;
  std::memcpy(bytes.data(), &input[at], bytes.size());
  return Address(bytes);
}

template <typename Address>
Addresses addresses_at(std::span<const std::byte> input, std::size_t at) {
  constexpr auto kSize = sizeof(typename Address::bytes_type);
  return {{address_at<Address>(input, at), octet_pair(input, at + 2 * kSize)},
          {address_at<Address>(input, at + kSize), octet_pair(input, at + 2 * kSize + 2)}};
}

// The high half is the address family (unspecified, IPv4, IPv6, Unix), the low one the transport
// (unspecified, stream, datagram).
bool is_assigned(std::uint8_t family) {
  return (family >> 4) <= 3 && (family & 0x0f) <= 2;
}

DecodedHeader decode_v2(std::span<const std::byte> input) {
  if (!begins_like(text_of(input), kSignature)) return invalid();
  if (input.size() <= kSignature.size()) return {};
  const auto command = octet(input, 12);
  if (command != kLocal && command != kProxy) return invalid();
  if (input.size() < kFixedSize) return {};
  const auto family = octet(input, 13);
  const std::size_t length = octet_pair(input, 14);
  if (!is_assigned(family)) return invalid();

  DecodedHeader decoded{Progress::complete, kFixedSize, {Version::v2, std::nullopt, length}};
  const bool is_tcp = family == kTcp4 || family == kTcp6;
  if (command == kLocal || !is_tcp) return decoded;
  const std::size_t size = family == kTcp4 ? 12 : 36;
  if (length < size) return invalid();
  if (input.size() < kFixedSize + size) return {};
  decoded.size += size;
  decoded.message.rest -= size;
  decoded.message.addresses = family == kTcp4 ? addresses_at<net::AddressV4>(input, kFixedSize)
                                              : addresses_at<net::AddressV6>(input, kFixedSize);
  return decoded;
}

// Without its scope, which means nothing elsewhere; IPv4 as ::ffff:a.b.c.d.
net::AddressV6 as_v6(const net::Address& address) {
  if (address.is_v6()) return net::AddressV6(address.to_v6().to_bytes());
  return boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, address.to_v4());
}

bool are_v4(const Addresses& addresses) {
  return addresses.source.address.is_v4() && addresses.destination.address.is_v4();
}

Bytes encode_v1(const std::optional<Addresses>& addresses) {
  if (!addresses) {
    Bytes bytes;
    append(bytes, "PROXY UNKNOWN\r\n"sv);
    return bytes;
  }
  const auto& [source, destination] = *addresses;
  const bool v4 = are_v4(*addresses);
  const auto text = [&](const net::Address& address) {
    return v4 ? address.to_string() : as_v6(address).to_string();
  };
  std::string line(kWord);
  line += v4 ? "TCP4 " : "TCP6 ";
  line += text(source.address) + " " + text(destination.address) + " ";
  line += std::to_string(source.port) + " " + std::to_string(destination.port) + "\r\n";
  Bytes bytes;
  append(bytes, line);
  return bytes;
}

Bytes encode_v2(const std::optional<Addresses>& addresses) {
  Bytes bytes;
  append(bytes, kSignature);
  append(bytes, {kProxy});
  if (!addresses) {
    append(bytes, {kUnspecified, 0, 0});
    return bytes;
  }
  const auto& [source, destination] = *addresses;
  if (are_v4(*addresses)) {
    append(bytes, {kTcp4, 0, 12});
    append(bytes, source.address.to_v4().to_bytes());
    append(bytes, destination.address.to_v4().to_bytes());
  } else {
    append(bytes, {kTcp6, 0, 36});
    append(bytes, as_v6(source.address).to_bytes());
    append(bytes, as_v6(destination.address).to_bytes());
  }
  append_pair(bytes, source.port);
  append_pair(bytes, destination.port);
  return bytes;
}

}  // namespace

DecodedHeader decode(std::span<const std::byte> input) {
  if (input.empty()) return {};
  return octet(input, 0) == 'P' ? decode_v1(text_of(input)) : decode_v2(input);
}

Bytes encode(Version version, const std::optional<Addresses>& addresses) {
  return version == Version::v1 ? encode_v1(addresses) : encode_v2(addresses);
}

}  // namespace dispatch::proxy::proxy_protocol
