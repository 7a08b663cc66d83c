// BBR's constants, as Linux has them.
#pragma once

#include "sim/tcp/bandwidth.hpp"

#include <array>

namespace dispatch::sim::tcp::bbr {

inline constexpr Gain kHighGain = kUnity * 2885 / 1000 + 1;  // 2/ln 2: doubles in a round trip
inline constexpr Gain kDrainGain = kUnity * 1000 / 2885;
inline constexpr Gain kWindowGain = 2 * kUnity;
inline constexpr std::array<Gain, 8> kCycle{kUnity * 5 / 4, kUnity * 3 / 4, kUnity, kUnity,
                                            kUnity,         kUnity,         kUnity, kUnity};
inline constexpr int kLeastWindow = 4;

}  // namespace dispatch::sim::tcp::bbr
