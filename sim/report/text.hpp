// Results for people at a terminal.
#pragma once

#include "sim/scenario/result.hpp"

#include <string>

namespace dispatch::report {

// What the links, the workloads and the expectations came to, and the run's fingerprint. Fits 80
// columns where names and expectations are short enough. `wall_seconds` is what the run took.
std::string text(const scenario::Result& result, double wall_seconds);

}  // namespace dispatch::report
