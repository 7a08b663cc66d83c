// A link as the command line has it.
#pragma once

#include "engine/link/link_spec.hpp"

#include <string>

namespace dispatch::cli {

// With its proxy's password, where that is kept in a file or in the environment. Throws
// net::ConfigError.
link::LinkSpec link_argument(const std::string& text);

}  // namespace dispatch::cli
