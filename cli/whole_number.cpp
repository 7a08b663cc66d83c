#include "cli/whole_number.hpp"

#include "cli/exit_status.hpp"

#include <fmt/format.h>

#include <charconv>

namespace dispatch::cli {

std::uint64_t whole_number(const std::string& option, const std::string& text, std::uint64_t low,
                           std::uint64_t high) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value < low || value > high) {
    throw UsageError(
        fmt::format("{}: '{}' is not a whole number from {} to {}", option, text, low, high));
  }
  return value;
}

}  // namespace dispatch::cli
