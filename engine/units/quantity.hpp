// Quantities as people write them ("50 Mbit/s", "250 kB", "12ms", "0.2%"): exact integers, with
// mandatory units.
//
// Units are those of SI and IEC: k is 1000, Ki is 1024, b is never used for bits or bytes alone. A
// value that its integer cannot hold exactly ("0.3 bit/s", "1.5 B") is an error, never rounded.
#pragma once

#include "engine/net/time.hpp"

#include <compare>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace dispatch::units {

using net::Duration;

struct Rate {
  std::uint64_t bits_per_second = 0;
  friend auto operator<=>(const Rate&, const Rate&) = default;
};

struct Bytes {
  std::uint64_t count = 0;
  friend auto operator<=>(const Bytes&, const Bytes&) = default;
};

// A part of a whole. 100 % is kWhole.
struct Ratio {
  static constexpr std::uint64_t kWhole = 1'000'000'000;

  std::uint64_t parts_per_billion = 0;

  // part / whole, rounded to the nearest part per billion. `whole` must not be 0.
  static Ratio of(std::uint64_t part, std::uint64_t whole);
  double value() const { return static_cast<double>(parts_per_billion) / kWhole; }
  friend auto operator<=>(const Ratio&, const Ratio&) = default;
};

// The mean rate of `bytes` in `span`, rounded down. `span` must be more than 0.
Rate rate_of(Bytes bytes, Duration span);

// `count` times in each `period`: "5/s", "30/min".
struct Frequency {
  std::uint64_t count = 0;
  Duration period = std::chrono::seconds(1);

  // When, after the first one, the n-th is due.
  Duration nth(std::uint64_t n) const;
  friend bool operator==(const Frequency&, const Frequency&) = default;
};

// What is wrong with the text, and what would be right.
class UnitError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Each throws UnitError. Blanks around and inside ("50 Mbit/s", "50Mbit/s") do not matter; signs
// and exponents are refused.
Rate parse_rate(std::string_view text);          // bit/s, kbit/s ... Tbit/s; B/s, kB/s, MB/s, GB/s
Bytes parse_bytes(std::string_view text);        // B, kB, MB, GB, TB; KiB, MiB, GiB
Duration parse_duration(std::string_view text);  // ns, us, ms, s, min, h
Ratio parse_ratio(std::string_view text);        // %
Frequency parse_frequency(std::string_view text);  // /s, /min, /h
std::uint64_t parse_count(std::string_view text);  // a whole number, no unit

// A quantity of any kind, told by its unit.
struct Quantity {
  enum class Kind : std::uint8_t { truth, count, bytes, duration, rate, ratio };

  Kind kind = Kind::count;
  std::uint64_t value = 0;  // in the integer of the kind; truth: 0 or 1

  friend bool operator==(const Quantity&, const Quantity&) = default;
};

Quantity parse_quantity(std::string_view text);
std::string rounded(Quantity quantity);
std::string_view to_string(Quantity::Kind kind);  // "a rate"

// The shortest text that parses to the same value.
std::string to_string(Rate rate);
std::string to_string(Bytes bytes);
std::string to_string(Duration duration);  // of at least 0
std::string to_string(Ratio ratio);
std::string to_string(Frequency frequency);
std::string to_string(Quantity quantity);

// For people: at most four significant digits ("19.23 Mbit/s", "1.5 s").
std::string rounded(Rate rate);
std::string rounded(Bytes bytes);
std::string rounded(Duration duration);
std::string rounded(Ratio ratio);

}  // namespace dispatch::units
