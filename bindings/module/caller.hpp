// What Python says while a run has the thread and not the lock.
#pragma once

#include "bindings/module/held.hpp"
#include "engine/net/log.hpp"
#include "engine/net/time.hpp"

#include <pybind11/pybind11.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>

namespace dispatch::bindings {

// Ends runs from another thread.
class StopFlag {
 public:
  void request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

// An exception must not unwind through the engine's coroutines, which would take it for a fault of
// their own: the first one is kept, and the run is halted.
class Caller {
 public:
  explicit Caller(std::shared_ptr<StopFlag> stop) : stop_(std::move(stop)) {}

  // What halts the run; to be set before it begins.
  void set_halt(std::function<void()> halt) { halt_ = std::move(halt); }

  // Calls `call` with the lock. What it throws is kept; once something is, it is not called.
  template <typename Call>
  void call(Call call) {
    if (raised_) return;
    const pybind11::gil_scoped_acquire acquired;
    try {
      call();
    } catch (...) {
      keep(std::current_exception());
    }
  }

  void log(const Held& log, net::Duration at, net::LogLevel level, std::string_view line);

  // Asked now and then; looks for Python's signals 20 times a second.
  bool keep_going();
  bool has_raised() const { return raised_ != nullptr; }

  // Throws what ended the run, if it was Python, or the flag.
  void rethrow();

 private:
  using Clock = std::chrono::steady_clock;

  void keep(std::exception_ptr raised) {
    raised_ = std::move(raised);
    if (halt_) halt_();
  }
  bool signalled();

  std::shared_ptr<StopFlag> stop_;
  std::function<void()> halt_;
  std::exception_ptr raised_;
  Clock::time_point next_look_ = Clock::now();
};

}  // namespace dispatch::bindings
