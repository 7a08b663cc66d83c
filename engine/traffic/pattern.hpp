// Bytes that anyone can make and check at any offset, so that a stream proves itself end to end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dispatch::traffic {

// What bodies of messages are made of.
enum class Content : std::uint8_t {
  checked,  // each byte is made, and checked where it arrives
  counted,  // blank (net::Stream::write_blank): only their number matters
};

// The stream of `key` is a sequence of 64-bit words, each a mix of the key and its own position
// (splitmix64), in little-endian order. A lost, repeated, moved or changed byte shows.
class Pattern {
 public:
  // From that byte of the stream on.
  explicit Pattern(std::uint64_t key, std::uint64_t from = 0) : key_(key), offset_(from) {}

  // Fills `buffer` with the bytes that follow those already made.
  void make(std::span<std::byte> buffer);

  // Whether `bytes` are the ones that follow those already checked. Moves on either way.
  bool check(std::span<const std::byte> bytes);

 private:
  std::uint64_t key_;
  std::uint64_t offset_;  // bytes
};

}  // namespace dispatch::traffic
