// Quantities of links, as types.
#pragma once

#include <compare>
#include <cstdint>

namespace dispatch::sim {

class DataRate {
 public:
  // 0: nothing passes.
  static constexpr DataRate bits_per_second(std::uint64_t value) { return DataRate(value); }
  static constexpr DataRate kbit_per_second(std::uint64_t value) { return DataRate(value * 1000); }
  static constexpr DataRate mbit_per_second(std::uint64_t value) {
    return DataRate(value * 1'000'000);
  }
  static constexpr DataRate unlimited() { return DataRate(UINT64_MAX); }

  constexpr std::uint64_t bits_per_second() const { return value_; }
  constexpr bool is_unlimited() const { return value_ == UINT64_MAX; }
  constexpr bool is_zero() const { return value_ == 0; }
  friend constexpr auto operator<=>(DataRate, DataRate) = default;

 private:
  explicit constexpr DataRate(std::uint64_t value) : value_(value) {}
  std::uint64_t value_;
};

class ByteSize {
 public:
  constexpr ByteSize() = default;
  static constexpr ByteSize bytes(std::uint64_t value) { return ByteSize(value); }
  static constexpr ByteSize kilobytes(std::uint64_t value) { return ByteSize(value * 1000); }

  constexpr std::uint64_t bytes() const { return value_; }
  friend constexpr auto operator<=>(ByteSize, ByteSize) = default;
  constexpr ByteSize& operator+=(ByteSize other) {
    value_ += other.value_;
    return *this;
  }
  constexpr ByteSize& operator-=(ByteSize other) {
    value_ -= other.value_;
    return *this;
  }
  friend constexpr ByteSize operator+(ByteSize a, ByteSize b) { return a += b; }

 private:
  explicit constexpr ByteSize(std::uint64_t value) : value_(value) {}
  std::uint64_t value_ = 0;
};

}  // namespace dispatch::sim
