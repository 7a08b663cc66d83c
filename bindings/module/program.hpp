// Programs that are written in Python: coroutines that wait for what a simulated host does.
#pragma once

#include "bindings/module/simulation.hpp"
#include "engine/net/async.hpp"

#include <pybind11/pybind11.h>

#include <functional>
#include <memory>
#include <string>

namespace dispatch::bindings {

// How an operation ended: an error, or what Python is to be given.
struct Outcome {
  net::Error error;
  std::string what;                         // of an error: what failed, for people
  std::function<pybind11::object()> value;  // called with the lock; none: None
};

// What a program awaits. It begins when it is awaited, once. Python may keep it for longer than the
// simulation lives, and drop it on any thread: it owns nothing that belongs to the simulation.
class Operation {
 public:
  explicit Operation(std::weak_ptr<Simulation> simulation) : simulation_(std::move(simulation)) {}
  virtual ~Operation() = default;
  // Without the lock. Lives as long as the task does.
  virtual net::Task<Outcome> perform() = 0;

  const std::weak_ptr<Simulation>& simulation() const { return simulation_; }
  // Whether it may begin; false: it has been awaited before.
  bool begin() { return !std::exchange(begun_, true); }

 private:
  std::weak_ptr<Simulation> simulation_;
  bool begun_ = false;
};

// Runs the coroutine as a program of that host. Where it counts as work, the simulation is not over
// before it is. An exception that ends it ends the run.
void spawn(Simulation& simulation, const std::string& host, pybind11::object coroutine,
           bool counts_as_work);

// The exception of Python for it, to be thrown.
[[noreturn]] void raise_os_error(const net::Error& error, const std::string& what);

void bind_program(pybind11::module_& module);

}  // namespace dispatch::bindings
