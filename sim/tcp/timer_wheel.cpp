#include "sim/tcp/timer_wheel.hpp"

#include <algorithm>
#include <cstdint>

namespace dispatch::sim::tcp {

namespace {

constexpr std::int64_t kInitialTicks = -300 * 250;  // INITIAL_JIFFIES: wraps 5 min after boot
constexpr int kLevels = 9;
constexpr int kLevelShift = 3;            // each level is 8 times as coarse
constexpr std::int64_t kLevelSlots = 64;  // buckets of a level

}  // namespace

net::TimePoint timer_expiry(net::TimePoint now, net::Duration delay) {
  const auto ticks_now = now.time_since_epoch() / kTick + kInitialTicks;
  const auto ticks_delay =
      std::max<std::int64_t>((delay + kTick - net::Duration(1)) / kTick, 0);  // rounded up
  int level = 0;
  while (level < kLevels - 1 && ticks_delay >= (kLevelSlots - 1) << (level * kLevelShift)) ++level;
  const auto shift = level * kLevelShift;
  // The next edge of the level's buckets, strictly: the current one may be nearly over.
  const auto expiry = (((ticks_now + ticks_delay) >> shift) + 1) << shift;
  return net::TimePoint((expiry - kInitialTicks) * kTick);
}

}  // namespace dispatch::sim::tcp
