// Numbers in datagrams: the highest byte first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dispatch::stream {

// There is room for it.
template <typename Number>
void put_number(std::span<std::byte> bytes, std::size_t at, Number value) {
  const auto wide = static_cast<std::uint64_t>(value);
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    bytes[at + i] = static_cast<std::byte>(wide >> (8 * (sizeof(Number) - 1 - i)) & 0xff);
  }
}

template <typename Number>
Number get_number(std::span<const std::byte> bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    value = value << 8 | static_cast<std::uint64_t>(bytes[at + i]);
  }
  return static_cast<Number>(value);
}

}  // namespace dispatch::stream
