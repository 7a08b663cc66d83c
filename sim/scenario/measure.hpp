// From results to the value of a metric.
#pragma once

#include "sim/scenario/expression.hpp"
#include "sim/scenario/result.hpp"

#include <cstddef>
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

// At the n-th sample, of a metric that has instants: counts are those since sample `base`, rates
// those of the second before.
Measurement measure_at(const Metric& metric, const Result& result, std::size_t sample,
                       std::size_t base);

// Of what began in the window, of a metric that is no level.
Measurement measure_during(const Metric& metric, const Result& result, Window window);

// Payload over the time between its first and last byte, as exactly as the samples show it; none
// where none passed.
std::optional<Rate> mean_goodput(const std::vector<LinkSample>& series);

}  // namespace dispatch::scenario
