// How much the send buffer may hold: what makes an application wait.
#pragma once

#include <algorithm>
#include <cstddef>

namespace dispatch::sim::tcp {

// The limit grows with the congestion window, from 87,040 bytes, and never shrinks (Linux:
// tcp_sndbuf_expand, twice the window). A full segment counts as what Linux allocates for it: its
// data and headers rounded up to a power of two, and a descriptor.
inline std::size_t grown_send_limit(std::size_t limit, int window_segments, std::size_t most) {
  constexpr std::size_t kPerSegment = 4096 + 256;
  constexpr int kSmallestWindow = 10;  // TCP_INIT_CWND
  const auto segments = static_cast<std::size_t>(std::max(window_segments, kSmallestWindow));
  return std::max(limit, std::min(2 * segments * kPerSegment, most));
}

}  // namespace dispatch::sim::tcp
