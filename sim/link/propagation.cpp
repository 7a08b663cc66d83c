#include "sim/link/propagation.hpp"

#include <algorithm>

namespace dispatch::sim {
namespace {

constexpr double kLongest = 1e17;  // three years: what a heavy tail may come to

// A number times a duration, cut to whole nanoseconds.
net::Duration times(double factor, net::Duration duration) {
  const auto product = static_cast<double>(duration.count()) * factor;
  return net::Duration(static_cast<std::int64_t>(std::clamp(product, -kLongest, kLongest)));
}

net::Duration drawn(const DelayTable& table, Random& random) {
  const auto& quantiles = table.quantiles;
  const auto place = random.uniform() * static_cast<double>(quantiles.size() - 1);
  const auto index = static_cast<std::size_t>(place);
  if (index + 1 >= quantiles.size()) return quantiles.back();
  const auto step = quantiles[index + 1] - quantiles[index];
  return quantiles[index] + times(place - static_cast<double>(index), step);
}

net::Duration drawn(const Jitter& jitter, Random& random) {
  const auto amount = jitter.amount.count();
  switch (jitter.shape) {
    case Jitter::Shape::none:
      break;
    case Jitter::Shape::uniform:
      return net::Duration(random.between(-amount, amount));
    case Jitter::Shape::normal:
      return times(random.normal(), jitter.amount);
    case Jitter::Shape::pareto:
      return times(random.pareto(), jitter.amount);
    case Jitter::Shape::table:
      return drawn(*jitter.table, random);
  }
  return {};
}

}  // namespace

net::TimePoint Propagation::arrival(net::TimePoint sent, net::Duration delay, Random& random) {
  delay += drawn(jitter_, random);
  auto when = sent + std::max(delay, net::Duration::zero());
  if (!jitter_.reorders) when = std::max(when, last_arrival_);
  last_arrival_ = std::max(last_arrival_, when);
  return when;
}

}  // namespace dispatch::sim
