// Results for continuous integration.
#pragma once

#include "sim/report/outcome.hpp"

#include <span>
#include <string>

namespace dispatch::report {

// JUnit's XML: a suite for each scenario, a case for each expectation of each run. What failed has
// the sentence that explains it, and the command that runs it again. A run that has no outcome
// (a fault, two outcomes) is one case with an error; one that was not made is skipped.
std::string junit(std::span<const ScenarioOutcomes> scenarios);

}  // namespace dispatch::report
