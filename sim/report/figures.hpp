// The figures of a run, each by the name that an expectation knows it by.
#pragma once

#include "sim/scenario/expression.hpp"
#include "sim/scenario/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::report {

struct Figure {
  std::string name;  // "share(wifi)", "files.latency.p99", "end"
  scenario::Quantity::Kind kind = scenario::Quantity::Kind::count;
  std::optional<std::uint64_t> value;  // none: the run has none, such as a latency of nothing
};

// Those of every link and workload, in their order, and the end; then what expectations measure
// beside these. Each once, and the same ones in the same order for every run of a scenario.
std::vector<Figure> figures_of(const scenario::Result& result);

}  // namespace dispatch::report
