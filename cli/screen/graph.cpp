#include "cli/screen/graph.hpp"

#include <algorithm>
#include <array>

namespace dispatch::cli::screen {
namespace {

constexpr std::size_t kEighths = 8;
constexpr std::array kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

// The largest value of each column, the last one at the end; fewer than `width` where there are
// fewer values.
std::vector<std::uint64_t> columns_of(const std::vector<std::uint64_t>& values, std::size_t width,
                                      std::size_t each) {
  std::vector<std::uint64_t> columns;
  for (auto end = values.size(); end > 0 && columns.size() < width;) {
    const auto begin = end - std::min(each, end);
    columns.push_back(*std::max_element(values.begin() + static_cast<std::ptrdiff_t>(begin),
                                        values.begin() + static_cast<std::ptrdiff_t>(end)));
    end = begin;
  }
  std::ranges::reverse(columns);
  return columns;
}

std::size_t eighths_of(std::uint64_t value, std::uint64_t most, std::size_t height) {
  if (value == 0 || most == 0) return 0;
  const auto part = static_cast<double>(std::min(value, most)) / static_cast<double>(most);
  const auto full = static_cast<double>(height * kEighths);
  return std::max<std::size_t>(1, static_cast<std::size_t>(part * full + 0.5));
}

}  // namespace

std::vector<std::string> area_graph(const std::vector<std::uint64_t>& values, std::size_t width,
                                    std::size_t height, std::uint64_t most,
                                    std::size_t values_per_column) {
  const auto columns = columns_of(values, width, std::max<std::size_t>(1, values_per_column));
  std::vector<std::string> lines(height, std::string(width - columns.size(), ' '));
  for (const auto value : columns) {
    const auto filled = eighths_of(value, most, height);
    for (std::size_t line = 0; line < height; ++line) {
      const auto below = (height - 1 - line) * kEighths;
      lines[line] += kBlocks.at(filled <= below ? 0 : std::min(kEighths, filled - below));
    }
  }
  return lines;
}

std::uint64_t round_scale(std::uint64_t value, std::uint64_t least) {
  constexpr std::array<std::uint64_t, 3> kSteps{1, 2, 5};
  for (auto decade = least; decade < UINT64_MAX / 100; decade *= 10) {
    for (const auto step : kSteps) {
      if (decade * step >= value) return decade * step;
    }
  }
  return value;
}

std::uint64_t scale_for(std::uint64_t bytes) {
  constexpr std::uint64_t kLeast = 1250;  // 10 kbit/s
  return round_scale(bytes, kLeast);
}

}  // namespace dispatch::cli::screen
