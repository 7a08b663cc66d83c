// Seeds as people write them: "1..1000", "3, 7, 20..29".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::scenario {

// Both ends included.
struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  friend bool operator==(const SeedRange&, const SeedRange&) = default;
};

// The greatest that a file can hold.
inline constexpr std::uint64_t kSeedMost = 9'223'372'036'854'775'807;
inline constexpr std::size_t kSeedsMost = 1'000'000;

// Throws UnitError: not seeds, or more than kSeedsMost.
std::vector<SeedRange> parse_seeds(std::string_view text);
// The shortest text that parses to the same.
std::string to_string(const std::vector<SeedRange>& seeds);
// In their order, each once.
std::vector<std::uint64_t> seeds_in(const std::vector<SeedRange>& ranges);

}  // namespace dispatch::scenario
