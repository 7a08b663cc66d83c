#include "cli/duration.hpp"

#include "cli/exit_status.hpp"
#include "engine/units/quantity.hpp"

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

constexpr net::Duration kLongest = std::chrono::hours(24 * 365);

}  // namespace

net::Duration duration(const std::string& option, const std::string& text) {
  try {
    const auto value = units::parse_duration(text);
    if (value <= kLongest) return value;
  } catch (const units::UnitError&) {
    // Said below.
  }
  throw UsageError(
      fmt::format("{}: '{}' is not a duration such as 30s, 500ms or 5min", option, text));
}

net::Duration positive_duration(const std::string& option, const std::string& text) {
  const auto value = duration(option, text);
  if (value == net::Duration::zero()) throw UsageError(option + ": 0 would leave no time at all");
  return value;
}

}  // namespace dispatch::cli
