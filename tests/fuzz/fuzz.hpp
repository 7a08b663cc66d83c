// What every fuzzer needs: its input in the types of the engine, and a way to say what must hold.
#pragma once

#include "engine/proxy/progress.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::fuzz {

// What libFuzzer's entry point must return where an input has been looked at.
inline constexpr int kDone = 0;

inline std::span<const std::byte> bytes_of(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// An invariant that does not hold ends the program; libFuzzer keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// Decodes `input` in whole and every shorter front of it, each in memory of its own, so that a read
// past its end shows. A message must mean the same wherever the network cut it: incomplete until
// the byte that decides, and from there on what it is in whole. `decode` is a function of bytes
// that returns {progress, size, ...}, as those of the proxy do.
template <typename Decode>
auto decode_however_cut(Decode decode, std::span<const std::byte> input) {
  using proxy::Progress;
  const auto whole = decode(input);
  require(whole.progress != Progress::complete || whole.size != 0, "a message has bytes");
  require(whole.size <= input.size(), "no more is taken than was there");
  bool decided = false;
  for (std::size_t size = 0; size <= input.size(); ++size) {
    const std::vector<std::byte> front(input.begin(), input.begin() + static_cast<long>(size));
    const auto part = decode(std::span(front));
    if (part.progress == Progress::incomplete) {
      require(!decided, "what was decided stays so");
      continue;
    }
    decided = true;
    require(part.progress == whole.progress, "a message means the same however it arrives");
    require(part.size == whole.size, "a message has one end");
    if (part.progress == Progress::complete) require(part.size <= size, "no guess of what follows");
  }
  require(decided == (whole.progress != Progress::incomplete), "all of it is a front of it");
  return whole;
}

}  // namespace dispatch::fuzz
