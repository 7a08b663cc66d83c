// What many runs came to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace dispatch::report {

// Of the values of one figure. Percentiles are by nearest rank: each is a value that occurred.
struct Summary {
  std::size_t count = 0;
  std::uint64_t min = 0;
  std::uint64_t p5 = 0;
  std::uint64_t p25 = 0;
  std::uint64_t median = 0;
  std::uint64_t p75 = 0;
  std::uint64_t p95 = 0;
  std::uint64_t max = 0;
  double mean = 0;

  // Between which the median of all seeds there are lies, with a confidence of 95 % at least. From
  // the order of the values alone, whatever they are distributed like; none of fewer than six.
  struct Interval {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
  };
  std::optional<Interval> median_confidence;
};

// None of no values.
std::optional<Summary> summary_of(std::vector<std::uint64_t> values);

struct Proportion {
  double from = 0;
  double to = 1;
};

// Wilson's interval: where the share of successes of all seeds lies, with a confidence of 95 %,
// where `successes` of `count` were seen. `count` must not be 0.
Proportion proportion_confidence(std::size_t successes, std::size_t count);

}  // namespace dispatch::report
