// What this machine is called.
#pragma once

#include <string>

namespace dispatch::cli {

std::string host_name();

}  // namespace dispatch::cli
