// A quantity that is drawn anew each time: sizes of answers, times between requests.
#pragma once

#include "sim/core/random.hpp"

#include <cstdint>
#include <vector>

namespace dispatch::scenario {

// In the integer of whatever it is of: bytes, nanoseconds, or a number.
struct Draw {
  enum class Shape : std::uint8_t {
    constant,
    uniform,      // from the first figure to the second
    exponential,  // of this mean
    pareto,       // of this mean, with many small ones and few huge ones (Lomax, shape 3)
    values,       // one of these, each as likely as the others
  };

  Shape shape = Shape::constant;
  std::vector<std::uint64_t> figures{0};

  static Draw constant(std::uint64_t value) { return {Shape::constant, {value}}; }
  static Draw pareto(std::uint64_t mean) { return {Shape::pareto, {mean}}; }

  std::uint64_t next(sim::Random& random) const;
  friend bool operator==(const Draw&, const Draw&) = default;
};

}  // namespace dispatch::scenario
