// Hashes that are the same on every machine, for shares that last: not for who may choose its
// input to make it collide.
#pragma once

#include <cstdint>
#include <string_view>

namespace dispatch::link {

// The finaliser of SplitMix64: each bit of the result depends on each bit of `value`.
constexpr std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

// FNV-1a, 64 bits, then mixed; `before` is the hash of what goes before the text.
constexpr std::uint64_t hash_of(std::string_view text, std::uint64_t before = 0) {
  std::uint64_t hash = 0xcbf29ce484222325U ^ before;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return mixed(hash);
}

}  // namespace dispatch::link
