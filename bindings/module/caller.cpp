#include "bindings/module/caller.hpp"

#include "bindings/module/text.hpp"

namespace py = pybind11;

namespace dispatch::bindings {
namespace {

constexpr auto kSignalInterval = std::chrono::milliseconds(50);

}  // namespace

void Caller::log(const Held& log, net::Duration at, net::LogLevel level, std::string_view line) {
  call([&] {
    log.get()(std::chrono::duration<double>(at).count(), net::to_string(level), text_of(line));
  });
}

bool Caller::keep_going() {
  if (raised_ || stop_->requested()) return false;
  const auto now = Clock::now();
  if (now < next_look_) return true;
  next_look_ = now + kSignalInterval;
  return !signalled();
}

// Python runs signal handlers on its main thread alone; elsewhere this does nothing.
bool Caller::signalled() {
  const py::gil_scoped_acquire acquired;
  if (PyErr_CheckSignals() == 0) return false;
  raised_ = std::make_exception_ptr(py::error_already_set());
  return true;
}

void Caller::rethrow() {
  if (raised_) std::rethrow_exception(std::exchange(raised_, nullptr));
  if (!stop_->requested()) return;
  const auto type = py::module_::import("concurrent.futures").attr("CancelledError");
  PyErr_SetString(type.ptr(), "the run was stopped");
  throw py::error_already_set();
}

}  // namespace dispatch::bindings
