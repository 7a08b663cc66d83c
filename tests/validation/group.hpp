// Errors, and what is made of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace dispatch::validation {

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Errors of a group, in percent.
struct Group {
  std::string name;
  double tolerance;  // of the median, percent
  double bound;      // of each
  std::vector<double> errors{};

  double worst() const {
    double most = 0;
    for (const auto error : errors) most = std::max(most, std::abs(error));
    return most;
  }
  double typical() const {
    auto sizes = errors;
    for (auto& size : sizes) size = std::abs(size);
    return sizes.empty() ? 0 : median(sizes);
  }
};

inline double error_of(double simulated, double linux) {
  return 100 * (simulated - linux) / linux;
}

}  // namespace dispatch::validation
