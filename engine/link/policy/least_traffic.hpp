// The link that has moved the least of late.
#pragma once

#include "engine/link/policy/least_of.hpp"

namespace dispatch::link {

// The fewest bytes of the last seconds for its weight, both ways. A connection that has just been
// begun counts as much as the others have moved on average: several that come at the same moment
// do not all take the link that was idle.
class LeastTraffic : public Policy {
 public:
  Link& choose(const Occasion& occasion) override;
  PolicyTraits traits() const override { return {.reads_rates = true}; }

 private:
  LeastOf least_;
};

}  // namespace dispatch::link
