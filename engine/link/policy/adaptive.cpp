#include "engine/link/policy/adaptive.hpp"

#include "engine/link/policy/lowest_latency.hpp"

namespace dispatch::link {
namespace {

constexpr net::Duration kDoubt = std::chrono::seconds(30);
constexpr double kUsualRate = 1e6;  // bytes per second, where nothing is known of any link
constexpr double kUsualSize = 100e3;
constexpr double kSizeMin = 2e3;
constexpr double kRoundTrips = 2;  // to connect, and to the first byte

// Bytes of a connection, as connections have been of late.
double usual_size(const Occasion& occasion) {
  double bytes = 0;
  double connections = 0;
  for (const auto* link : occasion.candidates) {
    bytes += link->figures().bytes_of_late(occasion.now);
    connections += link->figures().choices_of_late(occasion.now);
  }
  if (bytes <= 0) return kUsualSize;
  return std::max(kSizeMin, bytes / std::max(connections, 1.0));
}

double best_capacity(const Occasion& occasion) {
  double best = 0;
  for (const auto* link : occasion.candidates) {
    best = std::max(best, link->figures().capacity());
  }
  return best > 0 ? best : kUsualRate;
}

// Of one more connection. What is not known is believed to be as good as the best.
double expected_rate(const Link& link, double best, net::TimePoint now) {
  const auto& figures = link.figures();
  const double hoped = best / static_cast<double>(figures.active() + 1);
  const auto measured = figures.share_of_one_more();
  if (!measured) return hoped;
  const double belief = fading(now - figures.measured_at(), kDoubt);
  return belief * *measured + (1 - belief) * hoped;
}

}  // namespace

Link& Adaptive::choose(const Occasion& occasion) {
  const double size = usual_size(occasion);
  const double best = best_capacity(occasion);
  const auto least = least_latency(occasion);
  return least_.choose(occasion, [&](const Link& link) {
    const auto latency = link.figures().latency(occasion.now).value_or(least);
    const double round_trip = std::chrono::duration<double>(latency).count();
    return kRoundTrips * round_trip + size / expected_rate(link, best, occasion.now);
  });
}

}  // namespace dispatch::link
