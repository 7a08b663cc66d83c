// Numbers and bytes, one after the other, as they stand on the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dispatch::sim {

using ByteVector = std::vector<std::byte>;

// Appends to a vector that outlives it. Network byte order.
class ByteWriter {
 public:
  explicit ByteWriter(ByteVector& out) : out_(out) {}

  std::size_t size() const { return out_.size(); }

  void u8(std::uint64_t value) { out_.push_back(static_cast<std::byte>(value)); }
  void u16(std::uint64_t value) {
    u8(value >> 8);
    u8(value);
  }
  void u32(std::uint64_t value) {
    u16(value >> 16);
    u16(value);
  }
  void bytes(std::span<const std::byte> data) { out_.insert(out_.end(), data.begin(), data.end()); }
  void zeros(std::size_t count) { out_.insert(out_.end(), count, std::byte{}); }

  // Writes over what stands at `at`.
  void put_u16(std::size_t at, std::uint64_t value) {
    out_[at] = static_cast<std::byte>(value >> 8);
    out_[at + 1] = static_cast<std::byte>(value);
  }

 private:
  ByteVector& out_;
};

// The internet checksum (RFC 1071): one's complement sums of 16 bits.
class Checksum {
 public:
  void add(std::uint32_t word) { sum_ += word; }
  // From an even place in what is summed.
  void add(std::span<const std::byte> data) {
    for (std::size_t i = 0; i + 1 < data.size(); i += 2) {
      sum_ += std::to_integer<std::uint32_t>(data[i]) << 8 |
              std::to_integer<std::uint32_t>(data[i + 1]);
    }
    if (data.size() % 2 != 0) sum_ += std::to_integer<std::uint32_t>(data.back()) << 8;
  }
  std::uint16_t value() const {
    auto sum = sum_;
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
  }

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace dispatch::sim
