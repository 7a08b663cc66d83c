// What is added to the propagation delay, packet by packet.
#pragma once

#include "engine/net/time.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::sim {

// Quantiles of a delay, evenly spaced from the least to the greatest. Between two of them the delay
// is even.
struct DelayTable {
  std::string file;  // where it came from; empty: it was written down where it is used
  std::vector<net::Duration> quantiles;  // at least one, ascending

  friend bool operator==(const DelayTable&, const DelayTable&) = default;
};

struct Jitter {
  enum class Shape : std::uint8_t {
    none,
    uniform,  // the delay is within +- amount
    normal,   // its standard deviation is amount
    pareto,   // it is longer by amount in the mean, rarely by far more (Lomax, shape 3)
    table,    // it is longer by what the table says
  };

  Shape shape = Shape::none;
  net::Duration amount{};
  bool reorders = false;  // whether a packet may overtake an earlier one
  std::shared_ptr<const DelayTable> table = nullptr;

  friend bool operator==(const Jitter& a, const Jitter& b) {
    return a.shape == b.shape && a.amount == b.amount && a.reorders == b.reorders &&
           (a.table == b.table || (a.table && b.table && *a.table == *b.table));
  }
};

// After gap - 1 packets in order each one has the chance `share` to overtake, until one does: it
// arrives sooner by `by` than it would, at the soonest at once. (Linux: netem's reorder, with the
// advance as an option.)
struct Reordering {
  double share = 0;
  std::uint32_t gap = 1;
  net::Duration by = net::Duration::max();

  friend bool operator==(const Reordering&, const Reordering&) = default;
};

}  // namespace dispatch::sim
