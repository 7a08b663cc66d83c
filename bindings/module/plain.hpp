// YAML as plain Python objects.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace dispatch::bindings {

// Maps become dict (in order), lists list, scalars str, nothing None. For the text that
// scenario::dump() writes: an exception of yaml-cpp here is a bug.
pybind11::object plain_of_yaml(const std::string& text);

}  // namespace dispatch::bindings
