// Smooth weighted round robin: exact shares in every window, evenly interleaved.
#pragma once

#include "engine/link/policy/policy.hpp"

#include <cstdint>
#include <map>

namespace dispatch::link {

// Each link has a credit, the connections that it is due: choosing one costs it the sum of the
// weights, and earns each candidate its own weight. The link with the largest credit is next, the
// heavier one where two are due alike. Weights 7 and 3 give ABAABAABAA, over and over; after any
// whole round every link has exactly its share, however long the connections last.
class SmoothWeightedRoundRobin : public Policy {
 public:
  Link& choose(const Occasion& occasion) override;
  // Exact whatever was chosen in between, since credits are sums.
  void take_back(Link& chosen, std::span<Link* const> candidates) override;

 private:
  // Keyed for look-up only: never iterated, since pointers have no order that lasts.
  std::map<const Link*, std::int64_t> credits_;
};

}  // namespace dispatch::link
