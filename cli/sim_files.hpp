// Which scenarios are meant.
#pragma once

#include "cli/sim_arguments.hpp"
#include "sim/scenario/scenario.hpp"

#include <string>
#include <vector>

namespace dispatch::cli {

// The files of the arguments, in their order: of a folder every .yaml in it and below it, by name,
// but those whose name begins with _ (they are for others to include). Where no file is named, the
// scenarios that ship. Throws UsageError.
std::vector<std::string> scenario_files(const SimArguments& arguments);

// Whether a scenario is one that --test means.
bool is_selected(const SimArguments& arguments, const scenario::Scenario& scenario);

// Whether `text` is as `pattern` says, or, where it has neither * nor ?, holds it. Capital letters
// and others are the same.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace dispatch::cli
