// Time series of a run as a table.
#pragma once

#include "sim/scenario/result.hpp"

#include <string>

namespace dispatch::report {

// CSV (RFC 4180, lines end with a newline): a header, then a row for each sample of each flow and
// each link, by time. What a row's kind does not have is empty. docs/observing.md has the columns.
std::string series_csv(const scenario::Result& result);

}  // namespace dispatch::report
