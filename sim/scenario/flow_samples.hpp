// The time series of all TCP connections of a run.
#pragma once

#include "sim/scenario/result.hpp"
#include "sim/scenario/scenario_world.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::scenario {

class FlowSamples {
 public:
  // Looks at all of them at the time `at`.
  void take(ScenarioWorld& world, Duration at);

  std::vector<FlowResult> result() { return std::move(flows_); }

 private:
  std::vector<FlowResult> flows_;
  std::map<std::pair<std::string, std::uint64_t>, std::size_t> index_;
};

}  // namespace dispatch::scenario
