// Fastest response: dial on all links, the first to answer wins.
#pragma once

#include "engine/link/policy/smooth_weighted_round_robin.hpp"

namespace dispatch::link {

// Each connection is dialled through all links at once, in turns' order, and the first that stands
// is kept. Costs a handshake on every link for each connection, and gives the least time to connect
// that any of them has at the moment. What does not race (datagrams, BIND) takes turns by weight.
class Fastest : public SmoothWeightedRoundRobin {
 public:
  PolicyTraits traits() const override { return {.races = true}; }
};

}  // namespace dispatch::link
