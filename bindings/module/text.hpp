// Text for Python: names and messages may quote a file, and a file may hold any bytes.
#pragma once

#include <pybind11/pybind11.h>

#include <string_view>

namespace dispatch::bindings {

// Bytes that are not UTF-8 become surrogates, as os.fsdecode() has it.
inline pybind11::object text_of(std::string_view text) {
  auto* const object =
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape");
  if (object == nullptr) throw pybind11::error_already_set();
  return pybind11::reinterpret_steal<pybind11::object>(object);
}

}  // namespace dispatch::bindings
