// Fill one link, then the next.
#pragma once

#include "engine/link/policy/least_of.hpp"

namespace dispatch::link {

// The first link, in the order of the command line, that is not full; among links that are all
// full, the one with the most to spare. A link is full from nine tenths of Link::full_rate() on,
// where that is known. Where it is not, it is full once its connections take from each other
// (LinkFigures::is_shared_out), and with four that have just begun: what a fifth would get shows
// half a second later.
class Overflow : public Policy {
 public:
  Link& choose(const Occasion& occasion) override;
  PolicyTraits traits() const override { return {.reads_rates = true, .wants_samples = true}; }

 private:
  LeastOf least_;
};

}  // namespace dispatch::link
