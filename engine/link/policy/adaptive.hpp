// Links are filled in proportion to what they can carry, which is learnt.
#pragma once

#include "engine/link/policy/least_of.hpp"

namespace dispatch::link {

// The link through which a connection as large as connections are these days would be over soonest:
// two round trips of its latency, and its size at the rate that one more connection might have
// there (LinkFigures::share_of_one_more). Downloads so go where there is most room, until what
// another one would get there is no more than elsewhere; small requests go where answers are quick.
//
// What has not been measured for a while is doubted: it counts less and less against the best of
// the links, so that a link that was slow once is tried again. Weights count among equals only.
class Adaptive : public Policy {
 public:
  Link& choose(const Occasion& occasion) override;
  PolicyTraits traits() const override { return {.reads_rates = true, .wants_samples = true}; }

 private:
  LeastOf least_;
};

}  // namespace dispatch::link
