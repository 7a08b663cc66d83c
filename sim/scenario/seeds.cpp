#include "sim/scenario/seeds.hpp"

#include "sim/scenario/units.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

namespace dispatch::scenario {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::uint64_t parse_seed(std::string_view text) {
  std::uint64_t value = 0;
  const auto word = trimmed(text);
  const auto* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, value);
  if (word.empty() || parsed.ec != std::errc{} || parsed.ptr != end || value > kSeedMost) {
    throw UnitError(fmt::format(
        "\"{}\" is no seed: write whole numbers such as 1..1000 or 3, 7, 20..29", word));
  }
  return value;
}

}  // namespace

std::vector<SeedRange> parse_seeds(std::string_view text) {
  std::vector<SeedRange> ranges;
  std::uint64_t count = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto part = text.substr(begin, end - begin);
    begin = end + 1;
    const auto dots = part.find("..");
    SeedRange range;
    range.first = parse_seed(part.substr(0, dots));
    range.last = dots == std::string_view::npos ? range.first : parse_seed(part.substr(dots + 2));
    if (range.last < range.first) {
      throw UnitError(fmt::format("\"{}\" ends before it begins", trimmed(part)));
    }
    if (range.last - range.first >= kSeedsMost - count) {
      throw UnitError(fmt::format("more than {} seeds", kSeedsMost));
    }
    count += range.last - range.first + 1;
    ranges.push_back(range);
  }
  return ranges;
}

std::string to_string(const std::vector<SeedRange>& seeds) {
  std::string text;
  for (const auto& [first, last] : seeds) {
    if (!text.empty()) text += ", ";
    text += first == last ? std::to_string(first) : fmt::format("{}..{}", first, last);
  }
  return text;
}

std::vector<std::uint64_t> seeds_in(const std::vector<SeedRange>& ranges) {
  std::vector<std::uint64_t> seeds;
  std::set<std::uint64_t> seen;
  for (const auto& [first, last] : ranges) {
    for (auto seed = first;; ++seed) {
      if (seen.insert(seed).second) seeds.push_back(seed);
      if (seed == last) break;
    }
  }
  return seeds;
}

}  // namespace dispatch::scenario
