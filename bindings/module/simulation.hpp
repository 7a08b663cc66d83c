// A simulation that Python has the pace of.
#pragma once

#include "bindings/module/caller.hpp"
#include "bindings/module/held.hpp"
#include "sim/report/recording.hpp"
#include "sim/scenario/session.hpp"

#include <pybind11/pybind11.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace dispatch::bindings {

// Something in the engine or the simulator failed while the scenario ran.
class EngineFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// It cannot be used like this now: closed, in the hands of another thread, from within itself.
class UseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A socket of a program: it goes before the world does, and only where nobody runs in it.
class Resource {
 public:
  virtual ~Resource() = default;
};

struct SimulationOptions {
  std::optional<std::uint64_t> seed;
  std::string sample_interval = "100ms";  // text
  pybind11::object log;                   // None, or called with (seconds, level, line)
  std::string log_level = "info";
  pybind11::object policy;  // None, or as python_policy() takes it
  std::shared_ptr<StopFlag> stop;
  report::RecordingFiles files;
};

// Every method is called with the interpreter's lock; what runs the scenario gives it up. Whatever
// Python does with it, on whatever thread, is either done or refused with UseError.
class Simulation : public std::enable_shared_from_this<Simulation> {
 public:
  // Throws ValueError, and what scenario::Session does.
  Simulation(std::shared_ptr<scenario::Scenario> scenario, const SimulationOptions& options);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  net::Duration now();
  bool is_over();
  bool is_closed() const { return session_ == nullptr; }
  std::uint64_t events();

  // As those of scenario::Session. What Python raised meanwhile leaves here.
  void advance_to(net::Duration until);
  void advance_to_end();
  bool step();

  // Calls `call` without arguments, outside of the simulation's events.
  void call_at(net::Duration at, pybind11::object call);
  // The one event of a scenario that is otherwise the same: now, or from within an event of the
  // simulation soon after it.
  void apply(const scenario::Scenario& with_event);

  pybind11::object link_now(const std::string& name);      // a dict; None: there is no such link
  pybind11::object workload_now(const std::string& name);  // the same
  std::shared_ptr<scenario::Result> result();
  std::shared_ptr<scenario::Result> finish();

  // Ends it: what waits is dropped. Does nothing where it has been closed.
  void close();

  // For what programs are made of (program.cpp, sockets.cpp).
  scenario::Session& session();              // throws UseError as check_use() does
  sim::Host& host(const std::string& name);  // throws std::invalid_argument
  void check_use();                          // from anywhere but another thread while it runs
  Caller& caller() { return caller_; }
  bool is_closing() const { return closing_; }
  void end_work() { session_->end_work(); }
  std::uint64_t keep(std::shared_ptr<Resource> resource);
  std::shared_ptr<Resource> resource(std::uint64_t id);  // null: it has been let go
  // From any thread; carried out by collect(), where the simulation is between two steps.
  void let_go(std::uint64_t id);
  void collect();

 private:
  template <typename Advance>
  void advance(Advance how);
  void check_idle();

  std::shared_ptr<scenario::Scenario> scenario_;
  Held log_;
  Caller caller_;
  report::Recording recording_;
  bool running_ = false;  // a call of advance is under way, on runner_
  bool within_ = false;   // of it, the simulation itself: no call of call_at()
  bool broken_ = false;   // an advance was ended by an error
  bool closing_ = false;
  std::thread::id runner_;
  double wall_seconds_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Resource>> resources_;
  std::uint64_t next_resource_ = 1;
  std::mutex letting_go_;
  std::vector<std::uint64_t> let_go_;
  std::unique_ptr<scenario::Session> session_;
};

void bind_simulation(pybind11::module_& module);

}  // namespace dispatch::bindings
