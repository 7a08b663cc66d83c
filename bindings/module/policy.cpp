#include "bindings/module/policy.hpp"

#include "bindings/module/text.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

namespace py = pybind11;

namespace dispatch::bindings {
namespace {

Candidate candidate_of(const link::Link& link, net::TimePoint now) {
  const auto& counters = link.counters();
  Candidate candidate;
  candidate.name = link.name();
  candidate.weight = link.weight();
  candidate.live = counters.live;
  candidate.dialling = counters.dialling;
  candidate.connections = counters.connections;
  candidate.dials = counters.dials;
  candidate.dial_failures = counters.dial_failures;
  candidate.bytes_down = counters.received.total();
  candidate.bytes_up = counters.sent.total();
  if (const auto latency = link.figures().latency(now)) {
    candidate.latency = std::chrono::duration<double>(*latency).count();
  }
  candidate.rate = link.figures().rate() * 8;
  return candidate;
}

class PythonPolicy : public link::Policy {
 public:
  PythonPolicy(Held object, Caller& caller) : object_(std::move(object)), caller_(caller) {}

  link::Link& choose(const link::Occasion& occasion) override {
    auto* chosen = occasion.candidates.front();  // where the run is at its end
    caller_.call([&] {
      py::list links;
      for (const auto* each : occasion.candidates) {
        links.append(candidate_of(*each, occasion.now));
      }
      const double now = std::chrono::duration<double>(occasion.now.time_since_epoch()).count();
      const py::object answer = object_.get().attr("choose")(links, now);
      chosen = &named(occasion, answer);
    });
    return *chosen;
  }

  void take_back(link::Link& chosen, std::span<link::Link* const>) override {
    caller_.call([&] {
      if (!py::hasattr(object_.get(), "take_back")) return;
      object_.get().attr("take_back")(text_of(chosen.name()));
    });
  }

  link::PolicyTraits traits() const override {
    return {.reads_rates = true, .wants_samples = true};
  }

 private:
  static link::Link& named(const link::Occasion& occasion, const py::object& answer) {
    std::string name;
    if (py::isinstance<Candidate>(answer)) {
      name = answer.cast<Candidate>().name;
    } else if (py::isinstance<py::str>(answer)) {
      name = answer.cast<std::string>();
    } else {
      throw py::type_error(fmt::format(
          "a policy chooses one of the links that it is given, or the name of one, not {}",
          py::repr(answer).cast<std::string>()));
    }
    std::string names;
    for (auto* each : occasion.candidates) {
      if (each->name() == name) return *each;
      names += (names.empty() ? "" : ", ") + each->name();
    }
    throw py::value_error(fmt::format(
        "a policy chose '{}', which is not one of those it was given: {}", name, names));
  }

  Held object_;
  Caller& caller_;
};

}  // namespace

std::function<std::unique_ptr<link::Policy>()> python_policy(Held object, Caller& caller) {
  return [object = std::move(object), &caller] {
    return std::make_unique<PythonPolicy>(object, caller);
  };
}

void bind_policy(py::module_& module) {
  py::class_<Candidate>(module, "Candidate")
      .def_readonly("name", &Candidate::name)
      .def_readonly("weight", &Candidate::weight)
      .def_readonly("live", &Candidate::live)
      .def_readonly("dialling", &Candidate::dialling)
      .def_readonly("connections", &Candidate::connections)
      .def_readonly("dials", &Candidate::dials)
      .def_readonly("dial_failures", &Candidate::dial_failures)
      .def_readonly("bytes_down", &Candidate::bytes_down)
      .def_readonly("bytes_up", &Candidate::bytes_up)
      .def_readonly("latency", &Candidate::latency)
      .def_readonly("rate", &Candidate::rate)
      .def("__repr__", [](const Candidate& self) {
        return fmt::format("<dispatch.Candidate '{}': weight {}, {} live>", self.name, self.weight,
                           self.live);
      });
}

}  // namespace dispatch::bindings
