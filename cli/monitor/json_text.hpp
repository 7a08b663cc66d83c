// JSON as people read it, and what others wrote as a screen can show it.
#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli::monitor {

// Over several lines, set in by two blanks; empty objects and lists on one.
std::string indented(const boost::json::value& value);

// Lines, without control characters: they would move the cursor, or worse. Tabs are four blanks. At
// most `most` lines.
std::vector<std::string> printable_lines(std::string_view text, std::size_t most);

}  // namespace dispatch::cli::monitor
