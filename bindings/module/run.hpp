// One run, without the interpreter's lock.
#pragma once

#include "sim/report/recording.hpp"
#include "sim/scenario/result.hpp"
#include "sim/scenario/scenario.hpp"

#include <pybind11/pybind11.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace dispatch::bindings {

// Ends runs from another thread.
class StopFlag {
 public:
  void request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

// Something in the engine or the simulator failed while the scenario ran.
class EngineFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `log` is None or callable with (seconds, level, line). An exception that it raises ends the run
// and leaves here; so does one of a signal handler (KeyboardInterrupt), for which is looked about
// 20 times a second. `stop` ends the run with concurrent.futures.CancelledError.
//
// `files` are written meanwhile. `sample_interval` is text such as "100ms". Throws ValueError and
// what scenario::run() throws.
std::shared_ptr<scenario::Result> run(std::shared_ptr<scenario::Scenario> scenario,
                                      std::optional<std::uint64_t> seed,
                                      const std::string& sample_interval, pybind11::object log,
                                      const std::string& log_level, std::shared_ptr<StopFlag> stop,
                                      const report::RecordingFiles& files);

}  // namespace dispatch::bindings
