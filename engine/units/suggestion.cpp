#include "engine/units/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace dispatch::units {
namespace {

// Costs in quarters of a letter: a change of case costs one.
constexpr std::size_t kLetter = 4;
constexpr std::size_t kLettersMax = 64;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::size_t difference(char a, char b) {
  if (a == b) return 0;
  return lower(a) == lower(b) ? 1 : kLetter;
}

// Damerau and Levenshtein's distance (a letter added, left out or changed, two neighbours swapped).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j * kLetter;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i * kLetter;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + kLetter, row[j - 1] + kLetter,
                         above[j - 1] + difference(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + kLetter);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::vector<std::string_view> views(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

}  // namespace

std::string_view suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > kLettersMax) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(word.size() * kLetter / 3, kLetter) + 1;
  for (const auto candidate : candidates) {
    if (candidate.size() > kLettersMax) continue;
    if (const auto d = distance(word, candidate); d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string_view suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  return suggestion(word, views(candidates));
}

std::string hint(std::string_view word, std::span<const std::string_view> candidates) {
  if (const auto near = suggestion(word, candidates); !near.empty()) {
    return fmt::format("; did you mean \"{}\"?", near);
  }
  if (candidates.empty()) return {};
  return fmt::format(": write one of {}", fmt::join(candidates, ", "));
}

std::string hint(std::string_view word, const std::vector<std::string>& candidates) {
  return hint(word, views(candidates));
}

}  // namespace dispatch::units
