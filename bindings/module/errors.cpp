#include "bindings/module/errors.hpp"

#include "bindings/module/simulation.hpp"
#include "bindings/module/text.hpp"
#include "sim/scenario/error.hpp"
#include "sim/scenario/units.hpp"

#include <pybind11/pybind11.h>

#include <exception>

namespace py = pybind11;

namespace dispatch::bindings {
namespace {

py::object exception_type(const char* name) {
  return py::module_::import("dispatch._errors").attr(name);
}

void raise(const char* type, const char* what) {
  PyErr_SetObject(exception_type(type).ptr(), text_of(what).ptr());
}

void raise_scenario_error(const scenario::ScenarioError& error) {
  const auto type = exception_type("ScenarioError");
  const auto raised = type(text_of(error.file()), error.position().line, error.position().column,
                           text_of(error.message()), text_of(error.what()));
  PyErr_SetObject(type.ptr(), raised.ptr());
}

void translate(std::exception_ptr exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const scenario::ScenarioError& error) {
    raise_scenario_error(error);
  } catch (const net::ConfigError& error) {
    raise("EngineError", error.what());
  } catch (const UseError& error) {
    raise("UseError", error.what());
  } catch (const EngineFault& error) {
    raise("EngineError", error.what());
  } catch (const scenario::UnitError& error) {
    PyErr_SetObject(PyExc_ValueError, text_of(error.what()).ptr());
  }
}

}  // namespace

void register_exceptions() {
  py::register_local_exception_translator(&translate);
}

}  // namespace dispatch::bindings
