#include "engine/link/policy/lowest_latency.hpp"

namespace dispatch::link {
namespace {

// Nobody may have looked for a while: what was active since then may be over.
double outstanding(const Link& link) {
  const auto& counters = link.counters();
  const std::uint64_t active = link.figures().active();
  return static_cast<double>(std::min(active, counters.live + counters.dialling));
}

}  // namespace

net::Duration least_latency(const Occasion& occasion) {
  auto least = net::Duration::max();
  for (const auto* link : occasion.candidates) {
    if (const auto latency = link->figures().latency(occasion.now))
      least = std::min(least, *latency);
  }
  return least == net::Duration::max() ? net::Duration(1) : std::max(least, net::Duration(1));
}

Link& LowestLatency::choose(const Occasion& occasion) {
  const auto least = least_latency(occasion);
  return least_.choose(occasion, [&](const Link& link) {
    const auto latency = link.figures().latency(occasion.now).value_or(least);
    return static_cast<double>(latency.count()) * (outstanding(link) + 1);
  });
}

}  // namespace dispatch::link
