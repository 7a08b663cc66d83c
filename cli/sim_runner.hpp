// What dispatch-sim does with scenarios that have been read: it runs them, and says what became of
// them.
#pragma once

#include "cli/sim_arguments.hpp"
#include "sim/scenario/scenario.hpp"

#include <vector>

namespace dispatch::cli {

// The exit status. Throws UsageError, OutputError (of standard output) and net::ConfigError (of
// other files).
int run_scenarios(const std::vector<scenario::Scenario>& scenarios, const SimArguments& arguments);

// One line on standard error, whatever is in it.
void say_line(std::string line);

}  // namespace dispatch::cli
