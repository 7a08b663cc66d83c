// What many runs came to, for programs.
#pragma once

#include "sim/report/outcome.hpp"

#include <string>

namespace dispatch::report {

// One JSON object on one line, without a line break at its end: the statistics of each figure over
// all seeds, what became of each expectation, and the failing seeds, each with the command that
// runs it again. Values are in the units that their names end with, as in json().
std::string batch_json(const ScenarioOutcomes& scenario);

}  // namespace dispatch::report
