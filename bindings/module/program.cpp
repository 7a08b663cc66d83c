#include "bindings/module/program.hpp"

#include "bindings/module/text.hpp"
#include "engine/net/resolver.hpp"
#include "sim/host/host.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace py = pybind11;

namespace dispatch::bindings {
namespace {

py::object os_error(const net::Error& error, const std::string& what) {
  const auto message = text_of(what.empty() ? error.message() : what + ": " + error.message());
  const auto type = py::module_::import("builtins").attr("OSError");
  if (error.category() == net::resolve_category()) {
    return py::module_::import("socket").attr("gaierror")(error.value(), message);
  }
  return type(error.value(), message);  // of the subclass that fits the number
}

// Ends a piece of work, unless the whole simulation ends.
class WorkGuard {
 public:
  WorkGuard(Simulation& simulation, bool counts) : simulation_(counts ? &simulation : nullptr) {
    if (simulation_ != nullptr) simulation_->session().begin_work();
  }
  ~WorkGuard() {
    if (simulation_ != nullptr && !simulation_->is_closing()) simulation_->end_work();
  }
  WorkGuard(const WorkGuard&) = delete;
  WorkGuard& operator=(const WorkGuard&) = delete;

 private:
  Simulation* simulation_;
};

// A program between two of the things that it waits for.
class Program {
 public:
  Program(Simulation& simulation, Held coroutine, bool counts)
      : simulation_(simulation), coroutine_(std::move(coroutine)), work_(simulation, counts) {}

  // Lets it run to the next operation; null: it has ended, or what it raised ends the run.
  std::shared_ptr<Operation> resume(Outcome outcome) {
    std::shared_ptr<Operation> next;
    simulation_.caller().call([&] { next = step(outcome); });
    outcome = {};
    simulation_.collect();
    return next;
  }

 private:
  std::shared_ptr<Operation> step(const Outcome& outcome) {
    auto yielded = send(outcome);
    for (;;) {
      if (!yielded) return nullptr;
      if (!py::isinstance<Operation>(*yielded)) {
        yielded = raise(
            py::module_::import("builtins")
                .attr("TypeError")(fmt::format(
                    "a program can await what its host offers, and coroutines that do; not {}",
                    py::repr(*yielded).cast<std::string>())));
        continue;
      }
      auto operation = yielded->cast<std::shared_ptr<Operation>>();
      if (operation->simulation().lock().get() != &simulation_) {
        yielded = raise(py::module_::import("dispatch._errors")
                            .attr("UseError")("the operation is another simulation's"));
        continue;
      }
      if (operation->begin()) return operation;
      yielded = raise(py::module_::import("builtins")
                          .attr("RuntimeError")("an operation can be awaited once only"));
    }
  }

  std::optional<py::object> send(const Outcome& outcome) {
    if (outcome.error) return raise(os_error(outcome.error, outcome.what));
    return call("send", outcome.value ? outcome.value() : py::none());
  }

  std::optional<py::object> raise(const py::object& exception) { return call("throw", exception); }

  // What the coroutine yields; none: it has returned.
  std::optional<py::object> call(const char* method, const py::object& argument) {
    try {
      return coroutine_.get().attr(method)(argument);
    } catch (py::error_already_set& error) {
      if (error.matches(PyExc_StopIteration)) return std::nullopt;
      throw;
    }
  }

  Simulation& simulation_;
  Held coroutine_;
  WorkGuard work_;
};

net::Task<void> run(std::unique_ptr<Program> program) {
  Outcome outcome;
  for (;;) {
    // Nothing of the last outcome is kept: it may hold a socket.
    auto operation = program->resume(std::exchange(outcome, {}));
    if (operation == nullptr) co_return;
    outcome = co_await operation->perform();
  }
}

}  // namespace

void raise_os_error(const net::Error& error, const std::string& what) {
  const auto exception = os_error(error, what);
  PyErr_SetObject(py::type::of(exception).ptr(), exception.ptr());
  throw py::error_already_set();
}

void spawn(Simulation& simulation, const std::string& host, py::object coroutine,
           bool counts_as_work) {
  // First what may run code of Python.
  if (!py::hasattr(coroutine, "send") || !py::hasattr(coroutine, "throw")) {
    throw py::type_error(fmt::format("a program is a coroutine (async def), not {}",
                                     py::repr(coroutine).cast<std::string>()));
  }
  auto& on = simulation.host(host);
  on.spawn(run(std::make_unique<Program>(simulation, Held(std::move(coroutine)), counts_as_work)));
}

void bind_program(py::module_& module) {
  py::class_<Operation, std::shared_ptr<Operation>>(module, "Operation");
  module.def("spawn", &spawn, py::arg("simulation"), py::arg("host"), py::arg("coroutine"),
             py::arg("counts_as_work"));
}

}  // namespace dispatch::bindings
