// Files of numbers that a scenario refers to: traces, delays.
#pragma once

#include "sim/scenario/yaml_reader.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace dispatch::scenario {

// Of what is read of one file.
inline constexpr std::size_t kDataBytesMax = 16 * 1024 * 1024;

// Reads the file that `value` names, relative to the folder of the scenario, line by line: `take`
// gets each line without blanks around it, and says what is wrong with it, or nothing. Empty lines
// are skipped, and so are those that begin with #. Returns the file's absolute path. Fails at
// `value` (ScenarioError) where the file is not a regular one, cannot be read, is larger than
// kDataBytesMax, or has a line that is wrong.
std::filesystem::path read_data_file(const YamlValue& value,
                                     const std::function<std::string(std::string_view)>& take);

}  // namespace dispatch::scenario
