// A policy that is written in Python.
#pragma once

#include "bindings/module/caller.hpp"
#include "engine/link/policy/policy.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace dispatch::bindings {

// A link that can be chosen, as it was when it was asked for: a copy, which Python may keep.
struct Candidate {
  std::string name;
  unsigned weight = 1;
  std::uint64_t live = 0;
  std::uint64_t dialling = 0;
  std::uint64_t connections = 0;
  std::uint64_t dials = 0;
  std::uint64_t dial_failures = 0;
  std::uint64_t bytes_down = 0;
  std::uint64_t bytes_up = 0;
  std::optional<double> latency;  // seconds
  double rate = 0;                // of the last second, bit/s
};

// Makes policies that all ask the same object, as docs/python.md describes it: its choose(links,
// now) names one of the links; take_back(link), where it has one, hears of a choice that came to
// nothing. An exception ends the run by `caller`, which outlives the policies.
std::function<std::unique_ptr<link::Policy>()> python_policy(Held object, Caller& caller);

void bind_policy(pybind11::module_& module);

}  // namespace dispatch::bindings
