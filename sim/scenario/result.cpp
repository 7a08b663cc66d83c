#include "sim/scenario/result.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::scenario {
namespace {

std::vector<Duration> latencies(const WorkloadResult& workload) {
  if (!workload.round_trips.empty()) return workload.round_trips;
  std::vector<Duration> result;
  for (const auto& record : workload.records) {
    if (record.completed) result.push_back(record.latency());
  }
  return result;
}

template <typename Items>
auto* find(const Items& items, std::string_view name) {
  const auto it =
      std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
  return it == items.end() ? nullptr : &*it;
}

}  // namespace

std::optional<Duration> WorkloadResult::latency_percentile(unsigned percent) const {
  auto all = latencies(*this);
  if (all.empty()) return std::nullopt;
  const std::size_t rank = (all.size() * std::min(percent, 100u) + 99) / 100;
  const auto nth = all.begin() + static_cast<std::ptrdiff_t>(rank == 0 ? 0 : rank - 1);
  std::nth_element(all.begin(), nth, all.end());
  return *nth;
}

std::optional<Duration> WorkloadResult::latency_mean() const {
  const auto all = latencies(*this);
  if (all.empty()) return std::nullopt;
  // Of quotients and remainders, so that no sum of many long times overflows.
  const auto count = static_cast<Duration::rep>(all.size());
  Duration whole{};
  Duration rest{};
  for (const auto latency : all) {
    whole += latency / count;
    rest += latency % count;
  }
  return whole + rest / count;
}

bool Result::passed() const {
  return std::all_of(expectations.begin(), expectations.end(),
                     [](const ExpectationResult& each) { return each.passed; });
}

const LinkResult* Result::link(std::string_view link_name) const {
  return find(links, link_name);
}

const WorkloadResult* Result::workload(std::string_view workload_name) const {
  return find(workloads, workload_name);
}

std::string hash_text(std::uint64_t hash) {
  return fmt::format("{:016x}", hash);
}

}  // namespace dispatch::scenario
