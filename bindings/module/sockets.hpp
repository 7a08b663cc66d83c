// The sockets of a simulated host, for programs in Python.
#pragma once

#include <pybind11/pybind11.h>

namespace dispatch::bindings {

// Stream, Listener, Datagram and the functions that make them; _dispatch.pyi has their contract.
// What is awaited is an Operation; its errors are OSErrors.
void bind_sockets(pybind11::module_& module);

}  // namespace dispatch::bindings
