// Numbers on the command line.
#pragma once

#include <cstdint>
#include <string>

namespace dispatch::cli {

// An integer option's value; CLI11's own message for a bad one does not say what would be right.
// Throws UsageError.
std::uint64_t whole_number(const std::string& option, const std::string& text, std::uint64_t low,
                           std::uint64_t high);

}  // namespace dispatch::cli
