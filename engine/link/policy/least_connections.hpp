// Weighted least connections.
#pragma once

#include "engine/link/policy/least_of.hpp"

namespace dispatch::link {

// The link with the fewest connections for its weight, with the one that is to be made:
// (live + dialling + 1) / weight. A link whose connections last longer gets fewer of them.
class LeastConnections : public Policy {
 public:
  Link& choose(const Occasion& occasion) override {
    return least_.choose(occasion, [](const Link& link) {
      const auto& counters = link.counters();
      const auto connections = counters.live + counters.dialling + 1;
      return static_cast<double>(connections) / link.weight();
    });
  }

 private:
  LeastOf least_;
};

}  // namespace dispatch::link
