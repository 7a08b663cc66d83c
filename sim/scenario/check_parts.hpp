// The parts of check.cpp that stand by themselves. Internal to it.
#pragma once

#include "sim/scenario/scenario.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::scenario {

// The links, hosts and names of `scenario` have been checked. Throws ScenarioError.
void check_engine(const Scenario& scenario, std::size_t machine);

// Machines, clients, and what workloads do. Throws ScenarioError.
void check_machines(const Scenario& scenario);
void check_workloads(const Scenario& scenario);
void check_fleet(const Scenario& scenario);

// Of links, hosts, workloads: whatever has a name.
template <typename Specs>
std::vector<std::string> names_among(const Specs& specs) {
  std::vector<std::string> names;
  for (const auto& spec : specs) names.push_back(spec.name);
  return names;
}

// Whether an expectation can name it.
bool is_name(std::string_view name);

}  // namespace dispatch::scenario
