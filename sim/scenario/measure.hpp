// From results to the value of a metric.
#pragma once

#include "sim/scenario/expression.hpp"
#include "sim/scenario/result.hpp"

#include <optional>
#include <string>

namespace dispatch::scenario {

// A value, or why there is none ("no bytes passed").
struct Measurement {
  std::optional<Quantity> value;
  std::string missing;
};

// Names in the metric must be in the result (check.hpp).
Measurement measure(const Metric& metric, const Result& result);

// Payload over the time between its first and last byte, as exactly as the samples show it; none
// where none passed.
std::optional<Rate> mean_goodput(const std::vector<LinkSample>& series);

}  // namespace dispatch::scenario
