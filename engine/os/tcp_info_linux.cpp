#include "engine/os/tcp_stream.hpp"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace dispatch::os {
namespace {

// The C library's tcp_info ends before the fields of Linux 4.1, and <linux/tcp.h> cannot be
// included beside <netinet/tcp.h>. The layout is the kernel's ABI.
struct TcpInfo {
  tcp_info first;
  std::uint64_t pacing_rate;
  std::uint64_t max_pacing_rate;
  std::uint64_t bytes_acked;
  std::uint64_t bytes_received;
  std::uint32_t segs_out;
  std::uint32_t segs_in;
  std::uint32_t notsent_bytes;
  std::uint32_t min_rtt;
  std::uint32_t data_segs_in;
  std::uint32_t data_segs_out;
  std::uint64_t delivery_rate;
};
static_assert(sizeof(tcp_info) == 104);

constexpr std::uint32_t kUnknownRtt = UINT32_MAX;
constexpr std::uint32_t kNoThreshold = 0x7FFFFFFF;  // TCP_INFINITE_SSTHRESH

}  // namespace

std::optional<net::TransportInfo> TcpStream::transport_info() const {
  if (!socket_.is_open()) return std::nullopt;
  TcpInfo kernel{};
  socklen_t size = sizeof kernel;
  if (::getsockopt(socket_.get(), IPPROTO_TCP, TCP_INFO, &kernel, &size) != 0) return std::nullopt;
  net::TransportInfo info;
  info.smoothed_rtt = std::chrono::microseconds(kernel.first.tcpi_rtt);
  info.rtt_deviation = std::chrono::microseconds(kernel.first.tcpi_rttvar);
  if (kernel.min_rtt != kUnknownRtt) info.minimum_rtt = std::chrono::microseconds(kernel.min_rtt);
  info.since_last_ack = std::chrono::milliseconds(kernel.first.tcpi_last_ack_recv);
  info.segments_unacked = kernel.first.tcpi_unacked;
  info.delivery_rate = kernel.delivery_rate;
  if (kernel.first.tcpi_snd_ssthresh < kNoThreshold) {
    info.slow_start_threshold = kernel.first.tcpi_snd_ssthresh;
  }
  info.bytes_acked = kernel.bytes_acked;
  info.bytes_received = kernel.bytes_received;
  info.retransmits = kernel.first.tcpi_total_retrans;
  info.congestion_window = kernel.first.tcpi_snd_cwnd;
  // What is in the send queue: not sent, or sent and not acknowledged.
  if (int queued = 0; ::ioctl(socket_.get(), SIOCOUTQ, &queued) == 0 && queued > 0) {
    info.bytes_unacked = static_cast<std::uint64_t>(queued);
  }
  return info;
}

}  // namespace dispatch::os
