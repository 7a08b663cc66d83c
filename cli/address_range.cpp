#include "cli/address_range.hpp"

#include "cli/exit_status.hpp"

#include <fmt/format.h>

namespace dispatch::cli {

net::Prefix address_range(const std::string& option, const std::string& text) {
  const auto parsed = net::parse_prefix(text);
  if (!parsed) {
    throw UsageError(
        fmt::format("{}: '{}' is not an address or a range such as 192.168.1.0/24", option, text));
  }
  return *parsed;
}

}  // namespace dispatch::cli
