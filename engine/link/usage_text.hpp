// What links have carried in their periods, as it is kept over restarts:
//
//     dispatch usage 1
//     48211334411 2026-11-01T00:00:00Z lte
//     end
#pragma once

#include "engine/net/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::link {

struct KeptUsage {
  std::string name;         // of the link
  std::uint64_t bytes = 0;  // in the period that began then
  net::WallTime began{};    // whole seconds

  friend bool operator==(const KeptUsage&, const KeptUsage&) = default;
};

std::string usage_text(const std::vector<KeptUsage>& usage);

// None: this is not a whole text of that kind.
std::optional<std::vector<KeptUsage>> parse_usage(std::string_view text);

}  // namespace dispatch::link
