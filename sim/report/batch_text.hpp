// What many runs came to, for people at a terminal.
#pragma once

#include "sim/report/outcome.hpp"

#include <span>
#include <string>

namespace dispatch::report {

// A line for each scenario, and one for all of them.
std::string batch_table(std::span<const ScenarioOutcomes> scenarios, double wall_seconds);

// What failed, run by run: the sentence that explains it, and the command that runs it again. Empty
// where nothing did. Of many failing seeds the first ten.
std::string batch_failures(const ScenarioOutcomes& scenario);

// The figures of a scenario over all its seeds; in one line those that are the same for all.
std::string seeds_table(const ScenarioOutcomes& scenario);

}  // namespace dispatch::report
