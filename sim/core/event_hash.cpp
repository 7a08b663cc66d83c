#include "sim/core/event_hash.hpp"

#include "sim/core/random.hpp"

#include <fmt/core.h>

namespace dispatch::sim {

std::uint64_t EventHash::value() const {
  return mix(state_);
}

std::string EventHash::text() const {
  return fmt::format("{:016x}", value());
}

}  // namespace dispatch::sim
