// Whether an expectation held, and if not, the sentence that says why.
#pragma once

#include "sim/scenario/expression.hpp"
#include "sim/scenario/result.hpp"
#include "sim/scenario/scenario.hpp"

namespace dispatch::scenario {

// An expectation without a value (no bytes, no completed request) has failed. `expectation` must
// have been checked.
ExpectationResult evaluate(const ExpectationSpec& expectation, const Result& result);

// When the links must be sampled, beside the regular times, so that every span of time in the
// expectations begins and ends at a sample. Sorted, without duplicates.
std::vector<Duration> sample_times(const std::vector<ExpectationSpec>& expectations,
                                   Duration last_event = {});

// Until when a run must go on at least, so that what is expected eventually can come true.
Duration needed_until(const std::vector<ExpectationSpec>& expectations, Duration last_event);

}  // namespace dispatch::scenario
