// Whether a scenario makes sense as a whole: names that refer to something, times in order.
#pragma once

#include "sim/scenario/scenario.hpp"

namespace dispatch::scenario {

// The longest name of a network interface (Linux: IFNAMSIZ less its end).
inline constexpr std::size_t kInterfaceNameMax = 15;

// Throws ScenarioError, at the position of the first part that is wrong. load_file, load_text and
// run call it.
void check(const Scenario& scenario);

}  // namespace dispatch::scenario
