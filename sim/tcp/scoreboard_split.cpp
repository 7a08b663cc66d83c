// Smaller segments in the place of those that the path no longer takes.
#include "sim/tcp/scoreboard.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace dispatch::sim::tcp {

struct Scoreboard::Cut {
  struct Parts {
    int first;
    int count;
  };
  net::Ring<SentSegment> segments;
  std::vector<Parts> parts;  // of each segment that was
};

Scoreboard::Cut Scoreboard::cut(std::uint32_t most) const {
  Cut result;
  for (int i = 0; i < outstanding(); ++i) {
    auto rest = (*this)[i];
    const auto first = static_cast<int>(result.segments.size());
    rest.listed = false;
    while (!rest.sacked && rest.length - (rest.fin ? 1u : 0u) > most) {
      auto part = rest;
      part.length = most;
      part.fin = false;
      result.segments.push_back(part);
      rest.begin += most;
      rest.length = rest.length - most;
    }
    result.segments.push_back(rest);
    result.parts.push_back({first, static_cast<int>(result.segments.size()) - first});
  }
  return result;
}

int Scoreboard::split(std::uint32_t most) {
  auto result = cut(most);
  if (result.segments.size() == segments_.size()) return 0;
  std::vector<int> by_time;  // in the old order
  for (int i = oldest(); i >= 0; i = next_newer(i)) by_time.push_back(i);
  segments_ = std::move(result.segments);
  first_id_ = 0;
  oldest_ = newest_ = kNone;
  listed_ = lost_ = repeated_ = repaired_ = repair_hint_ = 0;
  for (int i = 0; i < outstanding(); ++i) {
    const auto& segment = at(i);
    lost_ += segment.lost;
    repeated_ += segment.repeated;
    repaired_ += segment.lost && segment.repeated;
  }
  for (const auto old : by_time) {
    const auto& parts = result.parts[static_cast<std::size_t>(old)];
    for (int k = 0; k < parts.count; ++k) enlist(parts.first + k);
  }
  int newly = 0;
  for (const auto& parts : result.parts) {
    if (parts.count == 1) continue;
    for (int k = 0; k < parts.count; ++k) newly += mark_lost(parts.first + k) ? 1 : 0;
  }
  return newly;
}

}  // namespace dispatch::sim::tcp
