// YAML to Scenario.
#pragma once

#include "sim/scenario/scenario.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::scenario {

struct LoadOptions {
  // In place of what the file says: "links.wifi.loss=2%" (see yaml_tree.hpp).
  std::vector<std::string> set{};
};

// Both throw ScenarioError: the file cannot be read, is not YAML, or does not say what a scenario
// must. A scenario that has been loaded has also been checked (check.hpp).
Scenario load_file(const std::filesystem::path& path, const LoadOptions& options = {});

// `name` stands for the file in messages.
Scenario load_text(std::string_view text, std::string name, const LoadOptions& options = {});

}  // namespace dispatch::scenario
