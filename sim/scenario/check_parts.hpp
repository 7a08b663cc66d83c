// The parts of check.cpp that stand by themselves. Internal to it.
#pragma once

#include "sim/scenario/scenario.hpp"

namespace dispatch::scenario {

// The links, hosts and names of `scenario` have been checked. Throws ScenarioError.
void check_engine(const Scenario& scenario);

}  // namespace dispatch::scenario
