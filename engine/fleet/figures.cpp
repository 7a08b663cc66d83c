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

void Figures::forget(const std::string& agent_id) {
  if (agent_id == kForgotten) return;
  for (auto each = requests.lower_bound({agent_id, 0, ""});
       each != requests.end() && std::get<0>(each->first) == agent_id;) {
    auto key = each->first;
    std::get<0>(key) = kForgotten;
    requests[std::move(key)] += each->second;
    each = requests.erase(each);
  }
  for (auto each = errors.lower_bound({agent_id, Outcome{}});
       each != errors.end() && each->first.first == agent_id;) {
    errors[{kForgotten, each->first.second}] += each->second;
    each = errors.erase(each);
  }
}

}  // namespace dispatch::fleet
