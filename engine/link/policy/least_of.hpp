// A choice by a figure, in which those that are equal take turns.
#pragma once

#include "engine/link/policy/smooth_weighted_round_robin.hpp"

#include <vector>

namespace dispatch::link {

// The candidates with the least `score`, a double of each link.
template <typename Score>
std::vector<Link*> those_with_least(std::span<Link* const> candidates, Score score) {
  std::vector<Link*> best;
  double least = 0;
  for (auto* candidate : candidates) {
    const double its = score(*candidate);
    if (!best.empty() && its > least) continue;
    if (its < least) best.clear();
    least = its;
    best.push_back(candidate);
  }
  return best;
}

// Chooses the link with the least score. Where several have it they take turns by their weights.
class LeastOf {
 public:
  template <typename Score>
  Link& choose(const Occasion& occasion, Score score) {
    const auto best = those_with_least(occasion.candidates, score);
    if (best.size() == 1) return *best.front();
    return turns_.choose({best, occasion.now});
  }

 private:
  SmoothWeightedRoundRobin turns_;
};

}  // namespace dispatch::link
