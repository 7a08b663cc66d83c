// How much the send buffer may hold: what makes an application wait. Linux keeps what is written in
// buffers of up to 64 kB, and counts the memory that they take.
#pragma once

#include "sim/tcp/options.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace dispatch::sim::tcp {

// The limit grows with the congestion window, from 46,080 bytes, and never shrinks
// (tcp_sndbuf_expand: room for twice the window, with BBR three times). A full segment of Ethernet
// counts as what a kernel without wireless networks and tunnels allocates for it, which is what was
// measured: its data and headers rounded up to a power of two, and a descriptor. (Distributions'
// kernels have longer headers, and begin with 87,040 bytes.)
inline std::size_t grown_send_limit(std::size_t limit, int window_segments, std::size_t windows,
                                    std::size_t most) {
  constexpr std::size_t kPerSegment = 2048 + 256;
  constexpr int kSmallestWindow = 10;  // TCP_INIT_CWND
  const auto segments = static_cast<std::size_t>(std::max(window_segments, kSmallestWindow));
  return std::max(limit, std::min(windows * segments * kPerSegment, most));
}

// What a buffer costs beside its bytes, as measured.
inline constexpr std::size_t kBufferOverhead = 832;

// Bytes of one buffer: whole segments, at most half of the largest window that the peer has offered
// (tcp_send_mss, tcp_bound_to_half_wnd).
inline std::size_t buffer_goal(std::size_t segment, std::uint32_t window_max) {
  constexpr std::size_t kMost = 65536 - 1 - 192;  // GSO_LEGACY_MAX_SIZE, MAX_TCP_HEADER
  constexpr std::uint32_t kDefaultMss = 536;
  const std::size_t half = window_max > kDefaultMss ? window_max / 2 : kMost;
  return std::max<std::size_t>(std::min(kMost, half) / segment, 1) * segment;
}

// Segments that are sent in one buffer: what goes within a millisecond, more on short paths, at
// least `least` (tcp_tso_autosize).
inline std::size_t segments_per_buffer(std::uint64_t pacing_rate, Duration minimum_rtt,
                                       std::size_t segment, std::size_t least) {
  const auto units = minimum_rtt / std::chrono::microseconds(512);
  const std::uint64_t bonus = units < 32 ? 65536u >> units : 0;
  return std::clamp<std::size_t>((pacing_rate / 1024 + bonus) / segment, least, 45);
}

}  // namespace dispatch::sim::tcp
