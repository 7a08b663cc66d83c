#include "engine/link/policy/overflow.hpp"

namespace dispatch::link {
namespace {

constexpr double kFull = 0.9;
constexpr double kUnknownMax = 4;  // connections that have just begun: nothing is known of them

// What the link moves now, with what is expected of connections that have just begun.
double demand(const Link& link) {
  const auto& figures = link.figures();
  const auto seen = static_cast<double>(figures.active() - figures.begun());
  const double each = seen > 0 ? figures.rate() / seen : link.full_rate() * kFull / kUnknownMax;
  return figures.rate() + static_cast<double>(figures.begun()) * each;
}

bool is_full(const Link& link) {
  if (link.full_rate() > 0) return demand(link) >= kFull * link.full_rate();
  const auto& figures = link.figures();
  const auto& counters = link.counters();
  const auto untold = std::min<std::uint64_t>(figures.begun(), counters.live + counters.dialling);
  return figures.is_shared_out() || untold >= std::uint64_t(kUnknownMax);
}

// Of what it can carry; where nobody knows that, of one connection.
double use(const Link& link) {
  const auto& figures = link.figures();
  const double most = link.full_rate() > 0 ? link.full_rate() : figures.capacity();
  const auto connections = static_cast<double>(figures.active() + 1);
  return most > 0 ? connections / most : connections;
}

}  // namespace

Link& Overflow::choose(const Occasion& occasion) {
  for (auto* link : occasion.candidates) {
    if (!is_full(*link)) return *link;
  }
  return least_.choose(occasion, use);
}

}  // namespace dispatch::link
