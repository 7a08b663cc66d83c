// A rate of delivery, in integers fine enough for a packet an hour.
#pragma once

#include "sim/tcp/options.hpp"

#include <chrono>
#include <cstdint>

namespace dispatch::sim::tcp {

// Segments per microsecond, times 2^24 (Linux's BBR: BW_SCALE).
using Bandwidth = std::uint64_t;

inline constexpr int kBandwidthShift = 24;
inline constexpr Bandwidth kBandwidthUnit = Bandwidth{1} << kBandwidthShift;

// A factor, of 256ths (BBR_UNIT).
using Gain = std::uint32_t;
inline constexpr int kGainShift = 8;
inline constexpr Gain kUnity = 1 << kGainShift;

inline std::uint64_t whole_microseconds(Duration duration) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

inline Bandwidth bandwidth(std::uint64_t segments, std::uint64_t microseconds) {
  return segments * kBandwidthUnit / microseconds;
}
// What arrives in that time, rounded down.
inline std::uint64_t segments_in(Bandwidth rate, Duration time) {
  return (rate * whole_microseconds(time)) >> kBandwidthShift;
}
inline std::uint64_t bytes_per_second(Bandwidth rate, std::uint32_t segment_bytes, Gain gain,
                                      std::uint32_t percent) {
  const auto scaled = (rate * segment_bytes * gain) >> kGainShift;
  return (scaled * (10'000 * percent)) >> kBandwidthShift;
}

}  // namespace dispatch::sim::tcp
