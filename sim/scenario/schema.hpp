// The JSON Schema of scenario files, for editors: made of the shapes by which they are read.
#pragma once

#include <string>

namespace dispatch::scenario {

// Draft 2020-12, with a description of every key. YAML that it refuses is no scenario; what it
// takes may still be none, where one part does not fit another.
std::string schema_json();

}  // namespace dispatch::scenario
