// The module dispatch._dispatch: scenarios and runs for Python. Private; the package's Python part
// is its face, and _dispatch.pyi its contract.
#include "bindings/module/errors.hpp"
#include "bindings/module/plain.hpp"
#include "bindings/module/policy.hpp"
#include "bindings/module/program.hpp"
#include "bindings/module/result.hpp"
#include "bindings/module/simulation.hpp"
#include "bindings/module/sockets.hpp"
#include "bindings/module/text.hpp"
#include "sim/report/json.hpp"
#include "sim/report/text.hpp"
#include "sim/scenario/dump.hpp"
#include "sim/scenario/load.hpp"

#include <fmt/format.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;

namespace dispatch::bindings {
namespace {

// Immutable, so that any number of threads may run the same one.
using SharedScenario = std::shared_ptr<scenario::Scenario>;

SharedScenario load_file(const std::string& path, const std::vector<std::string>& set) {
  const py::gil_scoped_release released;
  return std::make_shared<scenario::Scenario>(scenario::load_file(path, {set}));
}

SharedScenario load_text(const std::string& text, const std::string& name,
                         const std::vector<std::string>& set) {
  const py::gil_scoped_release released;
  return std::make_shared<scenario::Scenario>(scenario::load_text(text, name, {set}));
}

void bind_scenario(py::module_& module) {
  py::class_<scenario::Scenario, SharedScenario>(module, "Scenario")
      .def_readonly("source", &scenario::Scenario::source)
      .def_readonly("name", &scenario::Scenario::name)
      .def("plain", [](const scenario::Scenario& self) { return plain_of_yaml(dump(self)); });
  module.def("load_file", &load_file, py::arg("path"), py::arg("set"));
  module.def("load_text", &load_text, py::arg("text"), py::arg("name"), py::arg("set"));
}

void bind_result(py::module_& module) {
  py::class_<scenario::Result, std::shared_ptr<scenario::Result>>(module, "Result")
      .def("plain", &plain_of_result)
      .def("figures", &figures_of_result)
      .def("json", [](const scenario::Result& self) { return text_of(report::json(self)); })
      .def(
          "text",
          [](const scenario::Result& self, double wall_seconds) {
            return text_of(report::text(self, wall_seconds));
          },
          py::arg("wall_seconds"));
}

void bind_run(py::module_& module) {
  py::class_<StopFlag, std::shared_ptr<StopFlag>>(module, "StopFlag")
      .def(py::init<>())
      .def("request", &StopFlag::request);
  using report::RecordingFiles;
  py::class_<RecordingFiles>(module, "RecordingFiles")
      .def(py::init<>())
      .def_readwrite("pcap", &RecordingFiles::pcap)
      .def_readwrite("events", &RecordingFiles::events)
      .def_readwrite("series", &RecordingFiles::series)
      .def_readwrite("page", &RecordingFiles::page)
      .def_readwrite("flows", &RecordingFiles::flows)
      .def_readwrite("pcap_of", &RecordingFiles::pcap_of);
  bind_policy(module);
  bind_simulation(module);
  bind_program(module);
  bind_sockets(module);
}

// None of the classes can be copied or pickled. pickle's protocols 0 and 1 would find that out by
// making an instance of pybind11's base class, whose C++ exception goes through the interpreter.
void refuse_pickling(const py::module_& module) {
  for (const auto& [name, member] : py::dict(module.attr("__dict__"))) {
    if (!py::isinstance<py::type>(member)) continue;
    const auto refuse = [](const py::object& self, int) {
      throw py::type_error(
          fmt::format("cannot pickle {}", py::repr(py::type::of(self)).cast<std::string>()));
    };
    py::setattr(member, "__reduce_ex__", py::cpp_function(refuse, py::is_method(member)));
  }
}

}  // namespace
}  // namespace dispatch::bindings

PYBIND11_MODULE(_dispatch, module) {
  using namespace dispatch::bindings;
  register_exceptions();
  bind_scenario(module);
  bind_result(module);
  bind_run(module);
  refuse_pickling(module);
}
