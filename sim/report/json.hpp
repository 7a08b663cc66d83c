// Results for programs.
#pragma once

#include "sim/scenario/result.hpp"

#include <optional>
#include <string>

namespace dispatch::report {

// One JSON object on one line, without a line break at its end. docs/scenarios.md lists the keys;
// units stand in their names, and what there is no value for is null.
std::string json(const scenario::Result& result, std::optional<double> wall_seconds = std::nullopt);

}  // namespace dispatch::report
