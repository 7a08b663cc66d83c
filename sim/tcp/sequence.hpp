// Sequence numbers and their arithmetic modulo 2^32 (RFC 9293 3.4).
#pragma once

#include <cstdint>

namespace dispatch::sim::tcp {

using Sequence = std::uint32_t;

// Meaningful while the two are less than 2^31 apart, which the largest window ensures.
constexpr bool before(Sequence a, Sequence b) {
  return static_cast<std::int32_t>(a - b) < 0;
}
constexpr bool after(Sequence a, Sequence b) {
  return before(b, a);
}
constexpr bool at_or_before(Sequence a, Sequence b) {
  return !before(b, a);
}
constexpr bool at_or_after(Sequence a, Sequence b) {
  return !before(a, b);
}

constexpr Sequence earlier(Sequence a, Sequence b) {
  return before(a, b) ? a : b;
}
constexpr Sequence later(Sequence a, Sequence b) {
  return before(a, b) ? b : a;
}

}  // namespace dispatch::sim::tcp
