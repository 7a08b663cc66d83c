// Errors, and what is made of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::validation {

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

inline double worst(const std::vector<double>& errors) {
  double most = 0;
  for (const auto error : errors) most = std::max(most, std::abs(error));
  return most;
}
inline double typical(std::vector<double> errors) {
  for (auto& error : errors) error = std::abs(error);
  return errors.empty() ? 0 : median(std::move(errors));
}

// Errors of a group, in percent.
struct Group {
  std::string name;
  double tolerance;  // of the median, percent
  double bound;      // of each
  std::vector<double> errors{};
  std::vector<double> ns3_errors{};  // of ns-3 in the same cells: not judged

  double worst() const { return validation::worst(errors); }
  double typical() const { return validation::typical(errors); }
};

inline double error_of(double simulated, double linux) {
  return 100 * (simulated - linux) / linux;
}

}  // namespace dispatch::validation
