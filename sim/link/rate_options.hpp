// How fast a line sends.
#pragma once

#include "engine/net/time.hpp"
#include "sim/link/units.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace dispatch::sim {

// A bucket of `burst` bytes that fills at `rate`; a packet empties it by its size when it leaves.
// So no span of time t sees more than rate * t + burst leave (but for a packet larger than the
// bucket, which waits for a full one). It begins full.
struct TokenBucket {
  DataRate rate = DataRate::bits_per_second(0);
  ByteSize burst;                         // at most kBurstMax
  DataRate peak = DataRate::unlimited();  // of the line itself

  static constexpr ByteSize kBurstMax = ByteSize::kilobytes(1'000'000);
  friend bool operator==(const TokenBucket&, const TokenBucket&) = default;
};

// A recorded link, in the format of Mahimahi's mm-link: the times, in whole milliseconds, at which
// kBytes can leave. After the last one the trace begins anew, shifted by the last time.
struct DeliveryTrace {
  static constexpr std::uint32_t kBytes = 1500;

  std::string file;
  std::vector<std::uint32_t> opportunities_ms;  // ascending or equal; the last one is above 0

  DataRate mean() const;
  friend bool operator==(const DeliveryTrace&, const DeliveryTrace&) = default;
};

using TracePtr = std::shared_ptr<const DeliveryTrace>;  // not null
using RateModel = std::variant<DataRate, TokenBucket, TracePtr>;

// Of a long run.
DataRate mean_rate(const RateModel& model);
bool same(const RateModel& a, const RateModel& b);

}  // namespace dispatch::sim
