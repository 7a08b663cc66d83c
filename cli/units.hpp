// Quantities as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace dispatch::cli {

// "0 B", "999 B", "1.0 kB", "12.3 MB": decimal units, as links are sold.
std::string format_bytes(std::uint64_t bytes);

// part / whole as "66.7 %"; "-" where whole is 0.
std::string format_share(std::uint64_t part, std::uint64_t whole);

// "1 link", "2 links".
std::string format_count(std::uint64_t count, const std::string& noun);

}  // namespace dispatch::cli
