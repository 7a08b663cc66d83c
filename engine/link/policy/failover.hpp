// Ordered tiers: a primary link and its backups.
#pragma once

#include "engine/link/policy/smooth_weighted_round_robin.hpp"

namespace dispatch::link {

// The first tier (Link::tier) of which a link can be chosen: the later ones are used where all
// links of it are less healthy, disabled, full, or tried already for this connection. Within the
// tier, links share by their weights.
class Failover : public Policy {
 public:
  Link& choose(const Occasion& occasion) override;
  void take_back(Link& chosen, std::span<Link* const> candidates) override;

 private:
  SmoothWeightedRoundRobin turns_;  // exact within each tier: credits are sums
};

}  // namespace dispatch::link
