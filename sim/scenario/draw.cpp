#include "sim/scenario/draw.hpp"

#include <algorithm>
#include <limits>

namespace dispatch::scenario {
namespace {

std::uint64_t scaled(std::uint64_t mean, double factor) {
  constexpr double kMost = static_cast<double>(std::numeric_limits<std::int64_t>::max() / 2);
  return static_cast<std::uint64_t>(std::min(static_cast<double>(mean) * factor, kMost));
}

}  // namespace

std::uint64_t Draw::next(sim::Random& random) const {
  switch (shape) {
    case Shape::constant:
      break;
    case Shape::uniform:
      return figures[0] + random.below(figures[1] - figures[0] + 1);
    case Shape::exponential:
      return scaled(figures[0], random.exponential());
    case Shape::pareto:
      return scaled(figures[0], random.pareto());
    case Shape::values:
      return figures[random.below(figures.size())];
  }
  return figures[0];
}

}  // namespace dispatch::scenario
