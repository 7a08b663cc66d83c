// Port numbers: of well-known services (IANA), and the largest.
#pragma once

#include <cstdint>

namespace dispatch::net {

inline constexpr std::uint16_t kDnsPort = 53;
inline constexpr std::uint16_t kHttpPort = 80;
inline constexpr std::uint16_t kHttpsPort = 443;
inline constexpr std::uint16_t kPortMax = 65535;

}  // namespace dispatch::net
