// What a receiver of frames tells their sender: that it is there, and what it lacks.
//
//      0          4       8          16         24        28
//     +----------+-------+----------+----------+---------+---------+-----
//     | receiver | flags | settled  | echo     | first   | count   | ...
//     +----------+-------+----------+----------+---------+---------+-----
//
// The payload of a frame of kind report, whose sequence number is the report's own: the same report
// goes over every way, and the sender heeds it once. Ranges of missing frames follow, each by its
// distance from `settled` and its length. Flags: 1, the stream has ended and nothing is lacking.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace dispatch::stream {

struct Report {
  static constexpr std::size_t kBytesLeast = 24;
  static constexpr std::size_t kRangesMost = 128;  // what fits a small MTU

  struct Range {
    std::uint32_t first = 0;  // frames above `settled`
    std::uint32_t count = 0;  // not 0

    friend bool operator==(const Range&, const Range&) = default;
  };

  std::uint32_t receiver = 0;  // its name, by chance
  bool complete = false;
  std::uint64_t settled = 0;  // all frames below have come, or are given up
  std::uint64_t echo = 0;     // the time in the newest probe that came this way; 0: none came
  std::vector<Range> missing{};

  friend bool operator==(const Report&, const Report&) = default;
};

std::vector<std::byte> encode_report(const Report& report);

// Empty: it is none.
std::optional<Report> decode_report(std::span<const std::byte> payload);

}  // namespace dispatch::stream
