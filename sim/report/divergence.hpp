// Where two runs part that ought to be the same.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

namespace dispatch::report {

// Compares two trails (scenario::Trail), or any two texts, line by line: none where they are equal.
// Otherwise a text for people: the line before, and the first that differs, of both.
std::optional<std::string> divergence(std::istream& a, const std::string& name_of_a,
                                      std::istream& b, const std::string& name_of_b);

}  // namespace dispatch::report
