// The link that answers soonest.
#pragma once

#include "engine/link/policy/least_of.hpp"

namespace dispatch::link {

// The least latency (PeakEwma of connect times and of times to the first byte of HTTP answers; a
// failed dial counts as a slow one), times the connections that are active or being made, and one.
// A link that becomes slow is felt with the first connection, and is tried again some seconds
// later. A link of which nothing is known counts as the fastest of the others. Weights count among
// equals only.
class LowestLatency : public Policy {
 public:
  Link& choose(const Occasion& occasion) override;
  PolicyTraits traits() const override { return {.reads_rates = true}; }

 private:
  LeastOf least_;
};

// The least latency that is known of any candidate; 1 ns where there is none.
net::Duration least_latency(const Occasion& occasion);

}  // namespace dispatch::link
