#include "engine/traffic/pattern.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace dispatch::traffic {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint64_t word_at(std::uint64_t key, std::uint64_t index) {
  auto value = key * 0xd1342543de82ef95u + (index + 1) * 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  value ^= value >> 31;
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

void fill(std::uint64_t key, std::uint64_t offset, std::span<std::byte> buffer) {
  while (!buffer.empty()) {
    const auto word = word_at(key, offset / kWord);
    const auto skip = offset % kWord;
    const auto count = std::min(kWord - skip, buffer.size());
    std::memcpy(buffer.data(), reinterpret_cast<const std::byte*>(&word) + skip, count);
    buffer = buffer.subspan(count);
    offset += count;
  }
}

}  // namespace

void Pattern::make(std::span<std::byte> buffer) {
  fill(key_, offset_, buffer);
  offset_ += buffer.size();
}

bool Pattern::check(std::span<const std::byte> bytes) {
  bool right = true;
  std::array<std::byte, 4096> expected;
  while (!bytes.empty()) {
    const auto part = std::span(expected).first(std::min(expected.size(), bytes.size()));
    fill(key_, offset_, part);
    right = right && std::memcmp(part.data(), bytes.data(), part.size()) == 0;
    offset_ += part.size();
    bytes = bytes.subspan(part.size());
  }
  return right;
}

}  // namespace dispatch::traffic
