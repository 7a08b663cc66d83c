// Scenario to YAML.
#pragma once

#include "sim/scenario/scenario.hpp"

#include <string>

namespace dispatch::scenario {

// With every default spelled out. Loading it gives the same scenario again.
std::string dump(const Scenario& scenario);

}  // namespace dispatch::scenario
