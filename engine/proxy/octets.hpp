// Bytes of protocol messages: reading and appending octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::proxy {

using Bytes = std::vector<std::byte>;

inline std::uint8_t octet(std::span<const std::byte> input, std::size_t at) {
  return std::to_integer<std::uint8_t>(input[at]);
}

// A port, or any 16 bits in network order.
inline std::uint16_t octet_pair(std::span<const std::byte> input, std::size_t at) {
  return static_cast<std::uint16_t>(octet(input, at) << 8 | octet(input, at + 1));
}

inline std::string_view text_of(std::span<const std::byte> input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

inline void append(Bytes& bytes, std::initializer_list<std::uint8_t> values) {
  for (const auto value : values) bytes.push_back(std::byte{value});
}

inline void append(Bytes& bytes, const auto& octets) {
  const auto raw = std::as_bytes(std::span(octets));
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

inline void append_pair(Bytes& bytes, std::uint16_t value) {
  append(bytes, {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
}

}  // namespace dispatch::proxy
