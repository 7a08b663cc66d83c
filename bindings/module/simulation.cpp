#include "bindings/module/simulation.hpp"

#include "bindings/module/policy.hpp"
#include "bindings/module/text.hpp"
#include "engine/net/config_error.hpp"
#include "sim/scenario/units.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include <utility>

namespace py = pybind11;
using namespace py::literals;

namespace dispatch::bindings {
namespace {

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

// Configuration errors pass as they are; whatever else leaves a run is a fault.
template <typename Call>
void as_faults(Call call) {
  try {
    call();
  } catch (const net::ConfigError&) {
    throw;
  } catch (const scenario::Interrupted&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const py::error_already_set&) {
    throw;
  } catch (const py::builtin_exception&) {
    throw;
  } catch (const std::exception& fault) {
    throw EngineFault(fault.what());
  }
}

}  // namespace

Simulation::Simulation(std::shared_ptr<scenario::Scenario> scenario,
                       const SimulationOptions& options)
    : scenario_(std::move(scenario)), caller_(options.stop), recording_(options.files) {
  scenario::RunOptions run;
  run.seed = options.seed;
  run.sample_interval = parse_interval(options.sample_interval, *scenario_);
  run.log_level = parse_level(options.log_level);
  recording_.attach(run);
  if (!options.log.is_none()) {
    log_ = Held(options.log);
    run.log = [this](net::Duration at, net::LogLevel level, std::string_view line) {
      if (!closing_) caller_.log(log_, at, level, line);
    };
  }
  if (!options.policy.is_none()) run.policy = python_policy(Held(options.policy), caller_);
  run.keep_going = [this] { return caller_.keep_going(); };
  session_ = std::make_unique<scenario::Session>(*scenario_, std::move(run));
  caller_.set_halt([this] { session_->halt(); });
}

Simulation::~Simulation() {
  close();
}

void Simulation::close() {
  if (!session_ || closing_) return;
  check_idle();
  closing_ = true;
  // In the order of who refers to whom. Programs' coroutines are dropped by the session's end, and
  // refer to sockets until then.
  session_->drop_tasks();
  resources_.clear();
  session_.reset();
}

void Simulation::check_use() {
  if (!session_ || closing_) throw UseError("the simulation is closed");
  if (running_ && runner_ != std::this_thread::get_id()) {
    throw UseError("the simulation is running on another thread");
  }
}

void Simulation::check_idle() {
  if (!running_) return;
  throw UseError(runner_ == std::this_thread::get_id()
                     ? "the simulation is running: from within it, it can be changed, but neither "
                       "advanced nor closed"
                     : "the simulation is running on another thread");
}

scenario::Session& Simulation::session() {
  check_use();
  return *session_;
}

sim::Host& Simulation::host(const std::string& name) {
  auto* host = session().host(name);
  if (host == nullptr) {
    throw std::invalid_argument(fmt::format("no host is called '{}'", name));
  }
  return *host;
}

net::Duration Simulation::now() {
  return session().now();
}

bool Simulation::is_over() {
  return session().is_over();
}

std::uint64_t Simulation::events() {
  return session().events();
}

template <typename Advance>
void Simulation::advance(Advance how) {
  check_use();
  check_idle();
  if (broken_) throw UseError("the simulation has ended with an error");
  running_ = within_ = true;
  runner_ = std::this_thread::get_id();
  const auto began = std::chrono::steady_clock::now();
  try {
    const py::gil_scoped_release released;
    collect();
    as_faults([&] { how(*session_); });
  } catch (...) {
    running_ = within_ = false;
    broken_ = true;
    caller_.rethrow();
    throw;
  }
  running_ = within_ = false;
  wall_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (caller_.has_raised()) broken_ = true;
  caller_.rethrow();  // raised after the last look
}

void Simulation::advance_to(net::Duration until) {
  advance([until](scenario::Session& session) { session.advance_to(until); });
}

void Simulation::advance_to_end() {
  advance([](scenario::Session& session) { session.advance_to_end(); });
}

bool Simulation::step() {
  bool stepped = false;
  advance([&stepped](scenario::Session& session) { stepped = session.step(); });
  return stepped;
}

void Simulation::call_at(net::Duration at, py::object call) {
  check_use();
  session_->call_at(at, [this, call = Held(std::move(call))] {
    within_ = false;
    caller_.call([&] { call.get()(); });
    within_ = true;
    collect();
  });
}

void Simulation::apply(const scenario::Scenario& with_event) {
  check_use();
  auto event = with_event.events.at(0);
  event.position = {};
  if (running_ && within_) return session_->apply_soon(event);
  session_->apply(event);
}

py::object Simulation::link_now(const std::string& name) {
  const auto sample = session().link_now(name);
  if (!sample) return py::none();
  return py::dict("bytes_down"_a = sample->payload_down, "bytes_up"_a = sample->payload_up,
                  "wire_bytes_down"_a = sample->wire_down, "wire_bytes_up"_a = sample->wire_up,
                  "drops_down"_a = sample->drops_down, "drops_up"_a = sample->drops_up,
                  "queue_bytes_down"_a = sample->queue_down, "queue_bytes_up"_a = sample->queue_up,
                  "dials"_a = sample->dials, "dial_failures"_a = sample->dial_failures,
                  "connections"_a = sample->connections, "live"_a = sample->live,
                  "rate_down"_a = sample->rate_down, "rate_up"_a = sample->rate_up,
                  "state"_a = text_of(sim::to_string(sample->state)),
                  "healthy"_a = sample->healthy);
}

py::object Simulation::workload_now(const std::string& name) {
  const auto sample = session().workload_now(name);
  if (!sample) return py::none();
  return py::dict("bytes"_a = sample->bytes, "active"_a = sample->active,
                  "completions"_a = sample->completed, "failures"_a = sample->failed);
}

std::shared_ptr<scenario::Result> Simulation::result() {
  return std::make_shared<scenario::Result>(session().result());
}

std::shared_ptr<scenario::Result> Simulation::finish() {
  check_use();
  check_idle();
  auto result = std::make_shared<scenario::Result>(session_->finish());
  recording_.close(*result, wall_seconds_);
  return result;
}

std::uint64_t Simulation::keep(std::shared_ptr<Resource> resource) {
  resources_.emplace(next_resource_, std::move(resource));
  return next_resource_++;
}

std::shared_ptr<Resource> Simulation::resource(std::uint64_t id) {
  const auto found = resources_.find(id);
  return found == resources_.end() ? nullptr : found->second;
}

void Simulation::let_go(std::uint64_t id) {
  const std::scoped_lock lock(letting_go_);
  let_go_.push_back(id);
}

void Simulation::collect() {
  std::vector<std::uint64_t> ids;
  {
    const std::scoped_lock lock(letting_go_);
    ids.swap(let_go_);
  }
  for (const auto id : ids) resources_.erase(id);
}

void bind_simulation(py::module_& module) {
  py::class_<Simulation, std::shared_ptr<Simulation>>(module, "Simulation")
      .def(py::init([](std::shared_ptr<scenario::Scenario> scenario,
                       std::optional<std::uint64_t> seed, const std::string& sample_interval,
                       py::object log, const std::string& log_level, py::object policy,
                       std::shared_ptr<StopFlag> stop, const report::RecordingFiles& files) {
             return std::make_shared<Simulation>(
                 std::move(scenario),
                 SimulationOptions{seed, sample_interval, std::move(log), log_level,
                                   std::move(policy), std::move(stop), files});
           }),
           "scenario"_a, "seed"_a, "sample_interval"_a, "log"_a, "log_level"_a, "policy"_a,
           "stop"_a, "files"_a)
      .def_property_readonly("now", [](Simulation& self) { return self.now().count(); })
      .def_property_readonly("over", &Simulation::is_over)
      .def_property_readonly("closed", &Simulation::is_closed)
      .def_property_readonly("events", &Simulation::events)
      .def(
          "advance_to",
          [](Simulation& self, std::int64_t until) { self.advance_to(net::Duration(until)); },
          "until"_a)
      .def("advance_to_end", &Simulation::advance_to_end)
      .def("step", &Simulation::step)
      .def(
          "call_at",
          [](Simulation& self, std::int64_t at, py::object call) {
            self.call_at(net::Duration(at), std::move(call));
          },
          "at"_a, "call"_a)
      .def("apply", &Simulation::apply, "with_event"_a)
      .def("link_now", &Simulation::link_now, "name"_a)
      .def("workload_now", &Simulation::workload_now, "name"_a)
      .def("result", &Simulation::result)
      .def("finish", &Simulation::finish)
      .def("close", &Simulation::close);
  module.def(
      "parse_duration",
      [](const std::string& text) { return scenario::parse_duration(text).count(); }, "text"_a);
}

}  // namespace dispatch::bindings
