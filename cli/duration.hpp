// Durations on the command line.
#pragma once

#include "engine/net/time.hpp"

#include <string>

namespace dispatch::cli {

// Up to a year. Throws UsageError, with the option's name.
net::Duration duration(const std::string& option, const std::string& text);

// The same, and more than nothing.
net::Duration positive_duration(const std::string& option, const std::string& text);

}  // namespace dispatch::cli
