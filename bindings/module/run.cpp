#include "bindings/module/run.hpp"

#include "bindings/module/text.hpp"
#include "engine/net/config_error.hpp"
#include "sim/scenario/run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <utility>

namespace py = pybind11;

namespace dispatch::bindings {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSignalInterval = std::chrono::milliseconds(50);
// Of one time series: about 100 MB for each link.
constexpr std::int64_t kSamplesMax = 1'000'000;

net::LogLevel parse_level(const std::string& text) {
  if (const auto level = net::parse_log_level(text)) return *level;
  throw py::value_error(fmt::format(
      "log_level must be \"debug\", \"info\", \"warning\" or \"error\", not \"{}\"", text));
}

net::Duration parse_interval(const std::string& text, const scenario::Scenario& scenario) {
  net::Duration interval{};
  try {
    interval = scenario::parse_duration(text);
  } catch (const scenario::UnitError& error) {
    throw py::value_error(fmt::format("sample_interval: {}", error.what()));
  }
  if (interval <= net::Duration::zero()) throw py::value_error("sample_interval is 0");
  const auto count = scenario.duration / interval;
  if (count > kSamplesMax) {
    throw py::value_error(fmt::format(
        "sample_interval {} would make {} samples in {}, more than {}",
        scenario::to_string(interval), count, scenario::to_string(scenario.duration), kSamplesMax));
  }
  return interval;
}

// What Python says while the run has the thread and not the lock. An exception must not unwind
// through the engine's coroutines, which would take it for a fault of their own: the first one is
// kept, and ends the run at the next occasion.
class Caller {
 public:
  Caller(py::object log, std::shared_ptr<StopFlag> stop)
      : log_(std::move(log)), stop_(std::move(stop)) {}

  void log(net::Duration at, net::LogLevel level, std::string_view line) {
    if (raised_) return;
    const py::gil_scoped_acquire acquired;
    try {
      log_(std::chrono::duration<double>(at).count(), net::to_string(level), text_of(line));
    } catch (...) {
      raised_ = std::current_exception();
    }
  }

  bool keep_going() {
    if (raised_ || stop_->requested()) return false;
    const auto now = Clock::now();
    if (now < next_look_) return true;
    next_look_ = now + kSignalInterval;
    return !signalled();
  }

  // Throws what ended the run, if it was Python.
  void rethrow() const {
    if (raised_) std::rethrow_exception(raised_);
    if (!stop_->requested()) return;
    const auto type = py::module_::import("concurrent.futures").attr("CancelledError");
    PyErr_SetString(type.ptr(), "the run was stopped");
    throw py::error_already_set();
  }

 private:
  // Python runs signal handlers on its main thread alone; elsewhere this does nothing.
  bool signalled() {
    const py::gil_scoped_acquire acquired;
    if (PyErr_CheckSignals() == 0) return false;
    raised_ = std::make_exception_ptr(py::error_already_set());
    return true;
  }

  py::object log_;
  std::shared_ptr<StopFlag> stop_;
  std::exception_ptr raised_;
  Clock::time_point next_look_ = Clock::now() + kSignalInterval;
};

// Configuration errors pass as they are; whatever else leaves a run is a fault.
scenario::Result run_unlocked(const scenario::Scenario& scenario,
                              const scenario::RunOptions& options) {
  try {
    return scenario::run(scenario, options);
  } catch (const net::ConfigError&) {
    throw;
  } catch (const scenario::Interrupted&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& fault) {
    throw EngineFault(fault.what());
  }
}

}  // namespace

std::shared_ptr<scenario::Result> run(std::shared_ptr<scenario::Scenario> scenario,
                                      std::optional<std::uint64_t> seed,
                                      const std::string& sample_interval, py::object log,
                                      const std::string& log_level, std::shared_ptr<StopFlag> stop,
                                      const report::RecordingFiles& files) {
  scenario::RunOptions options;
  report::Recording recording(files);
  recording.attach(options);
  options.seed = seed;
  options.sample_interval = parse_interval(sample_interval, *scenario);
  options.log_level = parse_level(log_level);
  const bool logs = !log.is_none();
  Caller caller(std::move(log), std::move(stop));
  if (logs) {
    options.log = [&](net::Duration at, net::LogLevel level, std::string_view line) {
      caller.log(at, level, line);
    };
  }
  options.keep_going = [&] { return caller.keep_going(); };

  auto result = std::make_shared<scenario::Result>();
  try {
    const py::gil_scoped_release released;
    *result = run_unlocked(*scenario, options);
    recording.close(*result);
  } catch (...) {
    caller.rethrow();
    throw;
  }
  caller.rethrow();  // raised after the last look
  return result;
}

}  // namespace dispatch::bindings
