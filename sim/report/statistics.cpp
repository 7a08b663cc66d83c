#include "sim/report/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace dispatch::report {
namespace {

constexpr double kTail = 0.025;  // on each side of 95 %
constexpr double kNormalQuantile = 1.959963984540054;

// ln C(n, k): the number of ways in which k of n values lie below the median.
double log_choose(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

// The greatest k for which fewer than k of n values lie below the median with a probability of at
// most kTail. 0: not even the least value will do.
std::size_t lower_rank(std::size_t n) {
  const auto count = static_cast<double>(n);
  double probability = 0;
  for (std::size_t k = 0; k < n; ++k) {
    probability += std::exp(log_choose(count, static_cast<double>(k)) - count * std::log(2.0));
    if (probability > kTail) return k;
  }
  return 0;
}

}  // namespace

std::optional<Summary> summary_of(std::vector<std::uint64_t> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const auto count = values.size();
  const auto percentile = [&](std::size_t percent) {
    const auto rank = (count * percent + 99) / 100;
    return values[rank == 0 ? 0 : rank - 1];
  };
  Summary summary;
  summary.count = count;
  summary.min = values.front();
  summary.p5 = percentile(5);
  summary.p25 = percentile(25);
  summary.median = percentile(50);
  summary.p75 = percentile(75);
  summary.p95 = percentile(95);
  summary.max = values.back();
  for (const auto value : values) summary.mean += static_cast<double>(value);
  summary.mean /= static_cast<double>(count);
  if (const auto rank = lower_rank(count); rank > 0) {
    summary.median_confidence = Summary::Interval{values[rank - 1], values[count - rank]};
  }
  return summary;
}

Proportion proportion_confidence(std::size_t successes, std::size_t count) {
  const auto n = static_cast<double>(count);
  const auto share = static_cast<double>(successes) / n;
  constexpr double kSquare = kNormalQuantile * kNormalQuantile;
  const auto middle = share + kSquare / (2 * n);
  const auto half = kNormalQuantile * std::sqrt(share * (1 - share) / n + kSquare / (4 * n * n));
  const auto whole = 1 + kSquare / n;
  // At both ends exactly, whatever rounding makes of it.
  return {successes == 0 ? 0.0 : (middle - half) / whole,
          successes == count ? 1.0 : (middle + half) / whole};
}

}  // namespace dispatch::report
