#include "sim/report/divergence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <istream>

namespace dispatch::report {

std::optional<std::string> divergence(std::istream& a, const std::string& name_of_a,
                                      std::istream& b, const std::string& name_of_b) {
  std::string line_of_a;
  std::string line_of_b;
  std::string before;
  for (std::uint64_t number = 1;; ++number) {
    const bool has_a = static_cast<bool>(std::getline(a, line_of_a));
    const bool has_b = static_cast<bool>(std::getline(b, line_of_b));
    if (!has_a && !has_b) return std::nullopt;
    if (has_a && has_b && line_of_a == line_of_b) {
      before = line_of_a;
      continue;
    }
    const auto width = std::max(name_of_a.size(), name_of_b.size());
    return fmt::format("the runs part at line {}\n{:<{}}  {}\n{:<{}}  {}\n{:<{}}  {}\n", number,
                       "before", width, before.empty() ? "(the beginning)" : before, name_of_a,
                       width, has_a ? line_of_a : "(its end)", name_of_b, width,
                       has_b ? line_of_b : "(its end)");
  }
}

}  // namespace dispatch::report
