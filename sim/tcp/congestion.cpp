#include "sim/tcp/congestion.hpp"

#include "sim/tcp/bbr.hpp"
#include "sim/tcp/cubic.hpp"
#include "sim/tcp/reno.hpp"

namespace dispatch::sim::tcp {

std::unique_ptr<CongestionControl> make_congestion_control(CongestionAlgorithm algorithm,
                                                           std::uint32_t seed) {
  switch (algorithm) {
    case CongestionAlgorithm::reno:
      return std::make_unique<Reno>();
    case CongestionAlgorithm::bbr:
      return std::make_unique<Bbr>(seed);
    case CongestionAlgorithm::cubic:
      break;
  }
  return std::make_unique<Cubic>();
}

}  // namespace dispatch::sim::tcp
