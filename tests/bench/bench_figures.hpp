// What was measured, and the table of it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace dispatch::bench {

class Figures {
 public:
  // Rows are shown in the order in which they were first named.
  void name_row(const std::string& row);
  // Of one round.
  void add(const std::string& row, const std::string& contender, double value);

  // Medians, a column for each contender, and dispatch's ratios to the others.
  std::string table(const std::vector<std::string>& contenders) const;

 private:
  using Row = std::map<std::string, std::vector<double>>;

  std::vector<std::string> order_;
  std::map<std::string, Row> rows_;
};

}  // namespace dispatch::bench
