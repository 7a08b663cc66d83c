// Options by environment variables: DISPATCHER_ and the option's name, as HTTP Dispatcher had them.
#pragma once

#include <CLI/App.hpp>

#include <string>
#include <utility>
#include <vector>

namespace dispatch::cli {

// The value of DISPATCHER_NAME; empty: it is not set, or empty.
std::string fleet_variable(const std::string& name);

// The variable of an option: "--log-level" has DISPATCHER_LOG_LEVEL.
std::string variable_of(const std::string& option);

// Gives the options of `command` that have no value yet what the environment says; a list's values
// are separated by commas. `aliases`: further names of a variable, with its option
// ("COORDINATOR_URL",
// "--coordinator"). Throws UsageError.
void apply_environment(CLI::App& command,
                       const std::vector<std::pair<std::string, std::string>>& aliases);

// The command that DISPATCHER_MODE means; empty: it is not set. Throws UsageError.
std::string command_of_mode();

// Variables that are no option's.
std::vector<std::string> fleet_variables();

// Complains of DISPATCHER_ variables that are none of these commands', since they do nothing.
void warn_of_unknown_variables(const std::vector<const CLI::App*>& commands,
                               const std::vector<std::string>& others);

}  // namespace dispatch::cli
