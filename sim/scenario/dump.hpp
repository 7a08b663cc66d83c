// Scenario to YAML.
#pragma once

#include "sim/scenario/scenario.hpp"

#include <string>

namespace dispatch::scenario {

// With every default spelled out. Loading it gives the same scenario again.
std::string dump(const Scenario& scenario);

// What an event does, without when and to whom: "blackhole: both", "set: {down: {rate: 5 Mbit/s}}".
std::string action_text(const EventSpec& event);

}  // namespace dispatch::scenario
