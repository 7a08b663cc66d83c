#include "tests/bench/bench_figures.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::bench {
namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string shown(double value) {
  if (value >= 1000) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}", value, value >= 100 ? 1 : value >= 10 ? 2 : 3);
}

}  // namespace

void Figures::name_row(const std::string& row) {
  if (rows_.try_emplace(row).second) order_.push_back(row);
}

void Figures::add(const std::string& row, const std::string& contender, double value) {
  name_row(row);
  rows_[row][contender].push_back(value);
}

std::string Figures::table(const std::vector<std::string>& contenders) const {
  std::string text = fmt::format("{:<44}", "");
  for (const auto& each : contenders) text += fmt::format("{:>11}", each);
  for (const auto& each : contenders) {
    if (each == "reference" || each == "haproxy") text += fmt::format("{:>13}", ": " + each);
  }
  text += '\n';
  for (const auto& name : order_) {
    const auto& row = rows_.at(name);
    const auto value = [&](const std::string& of) -> double {
      return row.contains(of) ? median(row.at(of)) : -1;
    };
    text += fmt::format("{:<44}", name);
    for (const auto& each : contenders) {
      text += fmt::format("{:>11}", value(each) < 0 ? "-" : shown(value(each)));
    }
    for (const auto& each : contenders) {
      if (each != "reference" && each != "haproxy") continue;
      const bool known = value("dispatch") > 0 && value(each) > 0;
      text += fmt::format("{:>13}",
                          known ? fmt::format("{:.2f}", value("dispatch") / value(each)) : "-");
    }
    text += '\n';
  }
  return text;
}

}  // namespace dispatch::bench
