#include "sim/link/propagation.hpp"

#include <algorithm>

namespace dispatch::sim {

net::TimePoint Propagation::arrival(net::TimePoint sent, Random& random) {
  auto delay = delay_;
  const auto amount = jitter_.amount.count();
  switch (jitter_.shape) {
    case Jitter::Shape::none:
      break;
    case Jitter::Shape::uniform:
      delay += net::Duration(random.between(-amount, amount));
      break;
    case Jitter::Shape::normal:
      delay +=
          net::Duration(static_cast<std::int64_t>(static_cast<double>(amount) * random.normal()));
      break;
  }
  auto when = sent + std::max(delay, net::Duration::zero());
  if (!jitter_.reorders) when = std::max(when, last_arrival_);
  last_arrival_ = std::max(last_arrival_, when);
  return when;
}

}  // namespace dispatch::sim
