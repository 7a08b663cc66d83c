#include "engine/link/policy/least_traffic.hpp"

namespace dispatch::link {
namespace {

// A page's worth, where nothing is known.
constexpr double kBytesMin = 16'000;

double mean_traffic(const Occasion& occasion) {
  double bytes = 0;
  double connections = 0;
  for (const auto* link : occasion.candidates) {
    const auto& figures = link->figures();
    bytes += figures.traffic(occasion.now);
    connections += static_cast<double>(figures.active() - figures.begun());
  }
  return connections > 0 ? std::max(bytes / connections, kBytesMin) : kBytesMin;
}

}  // namespace

Link& LeastTraffic::choose(const Occasion& occasion) {
  const double mean = mean_traffic(occasion);
  return least_.choose(occasion, [&](const Link& link) {
    const auto& figures = link.figures();
    const auto begun = static_cast<double>(figures.begun());
    return (figures.traffic(occasion.now) + begun * mean) / link.weight();
  });
}

}  // namespace dispatch::link
