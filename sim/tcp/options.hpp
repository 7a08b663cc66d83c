// A host's TCP settings (Linux: the sysctls of the same name).
#pragma once

#include "engine/net/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace dispatch::sim::tcp {

using net::Duration;
using net::TimePoint;

enum class CongestionAlgorithm : std::uint8_t { reno, cubic, bbr };

// Explicit congestion notification (tcp_ecn): passive: where the peer asks for it.
enum class EcnPolicy : std::uint8_t { off, passive, on };

// Each connection has its own copy, so the order is that which leaves no gaps.
struct Options {
  CongestionAlgorithm congestion = CongestionAlgorithm::cubic;
  EcnPolicy ecn = EcnPolicy::passive;           // tcp_ecn, RFC 3168
  bool timestamps = true;                       // tcp_timestamps, RFC 7323
  bool window_scaling = true;                   // tcp_window_scaling, RFC 7323
  bool sack = true;                             // tcp_sack, RFC 2018
  bool syn_cookies = true;                      // tcp_syncookies: where a listener's queue is full
  std::uint8_t syn_retries = 6;                 // tcp_syn_retries
  std::uint8_t syn_linear_timeouts = 4;         // tcp_syn_linear_timeouts
  std::uint8_t synack_retries = 5;              // tcp_synack_retries
  std::uint8_t retries2 = 15;                   // tcp_retries2
  std::uint8_t orphan_retries = 8;              // tcp_orphan_retries: after close()
  std::uint8_t initial_window = 10;             // segments, RFC 6928
  std::uint16_t mss = 1460;                     // of our link: MTU less 40 or 60 bytes
  std::uint16_t path_mss = UINT16_MAX;          // of the whole path, where it has told its MTU
  std::uint32_t send_buffer = 4 * 1024 * 1024;  // bytes, what autotuning may grow to
  // Bytes of memory, of which about 5/8 are offered as window (tcp_rmem): at first, and what
  // autotuning may grow to.
  std::uint32_t receive_buffer_initial = 128 * 1024;
  std::uint32_t receive_buffer = 32 * 1024 * 1024;
  int max_syn_backlog = 2048;  // tcp_max_syn_backlog: matters without cookies
  // Where our clock of timestamps begins, the same for all connections between two addresses, so
  // that later connections have later ones (RFC 7323 5.2). None: anywhere.
  std::optional<std::uint32_t> timestamp_origin{};
  Duration rto_min = std::chrono::milliseconds(200);
  Duration rto_max = std::chrono::seconds(120);
  Duration time_wait = std::chrono::seconds(60);
  Duration fin_timeout = std::chrono::seconds(60);  // tcp_fin_timeout: FIN_WAIT_2 after close()
};

}  // namespace dispatch::sim::tcp
