#include "engine/fleet/figures.hpp"

#include <algorithm>

namespace dispatch::fleet {

void Histogram::add(double value) {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  ++count_;
  sum_ += value;
}

std::uint64_t Figures::attempts() const {
  std::uint64_t sum = 0;
  for (const auto& [key, count] : requests) sum += count;
  return sum;
}

}  // namespace dispatch::fleet
