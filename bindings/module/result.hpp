// A result as plain Python objects.
#pragma once

#include "sim/scenario/result.hpp"

#include <pybind11/pybind11.h>

namespace dispatch::bindings {

// Dicts with the members of Result. Times are float seconds, rates float bit/s, shares float 0 to
// 1, counts int, what is not there None. A time series is a dict of columns, each the bytes of an
// array of float64 or uint64 (or a list of str: states).
pybind11::dict plain_of_result(const scenario::Result& result);

// report::figures_of() by their names, in their order: durations float seconds, rates float bit/s,
// shares float 0 to 1, yes or no bool, counts and bytes int; None where there is none.
pybind11::dict figures_of_result(const scenario::Result& result);

}  // namespace dispatch::bindings
