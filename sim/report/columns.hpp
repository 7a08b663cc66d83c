// A table of plain text.
#pragma once

#include <string>
#include <vector>

namespace dispatch::report {

// The first row is the heading. Columns are as wide as their widest cell and two spaces apart; the
// first is set to the left, the others to the right. Every line begins with two spaces.
std::string columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace dispatch::report
