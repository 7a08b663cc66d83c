#include "engine/link/policy/failover.hpp"

#include "engine/link/policy/least_of.hpp"

namespace dispatch::link {
namespace {

std::vector<Link*> first_tier(std::span<Link* const> candidates) {
  return those_with_least(candidates, [](const Link& link) { return double(link.tier()); });
}

}  // namespace

Link& Failover::choose(const Occasion& occasion) {
  const auto tier = first_tier(occasion.candidates);
  return turns_.choose({tier, occasion.now});
}

void Failover::take_back(Link& chosen, std::span<Link* const> candidates) {
  turns_.take_back(chosen, first_tier(candidates));
}

}  // namespace dispatch::link
