// What a running dispatch answers, as tables.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace dispatch::cli {

// Of {"do": "status"} or {"do": "connections"}.
std::string answer_table(const boost::json::object& answer, bool styled);

// "3 s", "12 min", "2 h 5 min", "3 d".
std::string format_age(double seconds);

// "0 bit/s", "999 bit/s", "12.3 Mbit/s": of bytes per second, in bits as links are sold.
std::string format_rate(std::uint64_t bytes_per_second);

}  // namespace dispatch::cli
