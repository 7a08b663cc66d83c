// A YAML document, with what was put into it: other files that it includes, values of a command
// line. What was put in keeps its origin, so that errors name it.
#pragma once

#include "sim/scenario/error.hpp"

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::scenario {

// Where a part of the tree was written.
struct YamlOrigin {
  std::string name;  // of the file; or "--set links.wifi.loss=2%"
  std::filesystem::path folder;
  bool has_lines = true;  // a command line has none
};
using SharedOrigin = std::shared_ptr<const YamlOrigin>;

struct YamlTree {
  YAML::Node root;
  SharedOrigin origin;

  // The tops of parts from elsewhere; what is below has the same origin.
  struct Part {
    YAML::Node node;
    SharedOrigin origin;
  };
  std::vector<Part> parts;
};

Position position_of(const YAML::Mark& mark);

// The only document of `text`, which is not empty. `file` is what errors call it, and its folder
// is where the files that it names are looked for. Throws ScenarioError.
YamlTree parse_tree(std::string_view text, std::string file);

// Puts the files of `include` (one, or a list) into the tree, and takes the key away. Maps are
// merged key by key, where what includes wins; lists at the top are joined, its own items first.
// Throws ScenarioError.
void include_files(YamlTree& tree);

// "links.wifi.loss=2%": the value is YAML. An item of a list is called by its number from 0 on, or
// by its `name`; a key that is not there is made. Throws ScenarioError.
void set_value(YamlTree& tree, std::string_view assignment);

}  // namespace dispatch::scenario
