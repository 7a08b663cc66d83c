// `dispatch start`.
#pragma once

#include "cli/arguments.hpp"
#include "engine/net/log.hpp"

namespace dispatch::cli {

// Serves until a signal ends it; the exit status. Throws RuntimeError, UsageError and
// net::ConfigError before anything is served.
int run_start(const StartArguments& arguments, net::Log& log);

}  // namespace dispatch::cli
