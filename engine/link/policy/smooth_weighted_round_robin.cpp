#include "engine/link/policy/smooth_weighted_round_robin.hpp"

namespace dispatch::link {

Link& SmoothWeightedRoundRobin::choose(const Occasion& occasion) {
  const auto candidates = occasion.candidates;
  Link* best = candidates.front();
  std::int64_t best_credit = credits_[best];
  std::int64_t round = 0;
  for (auto* candidate : candidates) {
    const auto credit = credits_[candidate];
    if (credit > best_credit || (credit == best_credit && candidate->weight() > best->weight())) {
      best = candidate;
      best_credit = credit;
    }
    round += candidate->weight();
  }
  for (auto* candidate : candidates) credits_[candidate] += candidate->weight();
  credits_[best] -= round;
  return *best;
}

void SmoothWeightedRoundRobin::take_back(Link& chosen, std::span<Link* const> candidates) {
  std::int64_t round = 0;
  for (auto* candidate : candidates) {
    credits_[candidate] -= candidate->weight();
    round += candidate->weight();
  }
  credits_[&chosen] += round;
}

}  // namespace dispatch::link
