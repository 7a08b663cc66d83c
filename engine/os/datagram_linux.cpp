// Batches with recvmmsg(2) and sendmmsg(2): one system call for many datagrams. And fewer passes
// through the kernel's layers than datagrams: UDP_GRO and UDP_SEGMENT (udp(7), Linux 5.0 and 4.18).
#include "engine/os/datagram.hpp"
#include "engine/os/socket_address.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace dispatch::os {
namespace {

constexpr std::size_t kMessagesMost = 64;
constexpr std::size_t kPiecesMost = 512;

struct alignas(cmsghdr) SegmentSize {
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

// On the stack of one call, never in a coroutine's frame. What is not used is not touched.
struct Messages {
  std::array<mmsghdr, kMessagesMost> headers;
  std::array<SocketAddress, kMessagesMost> addresses;
  std::array<SegmentSize, kMessagesMost> controls;
  std::array<iovec, kPiecesMost> pieces;
};

std::size_t segment_size_of(msghdr& header) {
  for (auto* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_UDP || each->cmsg_type != UDP_GRO) continue;
    int bytes = 0;
    std::memcpy(&bytes, CMSG_DATA(each), sizeof bytes);
    return static_cast<std::size_t>(bytes);
  }
  return 0;
}

void ask_for_segments(msghdr& header, SegmentSize& control, std::size_t bytes) {
  const auto size = static_cast<std::uint16_t>(bytes);
  header.msg_control = control.bytes.data();
  header.msg_controllen = CMSG_SPACE(sizeof size);
  auto* asked = CMSG_FIRSTHDR(&header);
  asked->cmsg_level = SOL_UDP;
  asked->cmsg_type = UDP_SEGMENT;
  asked->cmsg_len = CMSG_LEN(sizeof size);
  std::memcpy(CMSG_DATA(asked), &size, sizeof size);
}

// The kernel does not write to it.
iovec piece_of(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

}  // namespace

void Datagram::coalesce(int socket) {
  set_option(socket, SOL_UDP, UDP_GRO, 1);  // where the kernel knows it
}

int Datagram::receive_once(std::span<net::DatagramIn> batch) {
  Messages messages;
  const auto count = std::min(batch.size(), kMessagesMost);
  for (std::size_t i = 0; i < count; ++i) {
    messages.pieces[i] = {batch[i].buffer.data(), batch[i].buffer.size()};
    auto& header = messages.headers[i].msg_hdr;
    header = {};
    header.msg_iov = &messages.pieces[i];
    header.msg_iovlen = 1;
    header.msg_name = messages.addresses[i].data();
    header.msg_namelen = SocketAddress::capacity();
    header.msg_control = messages.controls[i].bytes.data();
    header.msg_controllen = messages.controls[i].bytes.size();
  }
  const int filled = ::recvmmsg(socket_.get(), messages.headers.data(),
                                static_cast<unsigned>(count), MSG_DONTWAIT, nullptr);
  for (int i = 0; i < filled; ++i) {
    const auto slot = static_cast<std::size_t>(i);
    auto& header = messages.headers[slot].msg_hdr;
    batch[slot].size = messages.headers[slot].msg_len;
    batch[slot].from = messages.addresses[slot].endpoint();
    batch[slot].truncated = (header.msg_flags & MSG_TRUNC) != 0;
    const auto segment = segment_size_of(header);
    batch[slot].segment = segment < batch[slot].size ? segment : 0;
  }
  return filled;
}

// How many from the first on may leave in one piece: at least one.
std::size_t Datagram::count_alike(std::span<const net::DatagramOut> batch) const {
  const auto& first = batch.front();
  const auto size = first.size();
  if (size == 0 || size > alike_bytes_max_ || first.segment != 0) return 1;
  std::size_t count = 1;
  auto bytes = size;
  const auto most = std::min(batch.size(), net::kSegmentsMax);
  for (bool last = false; count < most && !last; ++count) {
    const auto& next = batch[count];
    const auto next_size = next.size();
    bytes += next_size;
    if (next_size == 0 || next_size > size || bytes > net::kSegmentedBytesMax) break;
    if (next.segment != 0) break;
    if (!connected_ && next.to != first.to) break;
    last = next_size < size;
  }
  return count;
}

int Datagram::send_once(std::span<const net::DatagramOut> batch) {
  Messages messages;
  std::array<std::uint8_t, kMessagesMost> counts;  // of datagrams in each message
  std::size_t count = 0;
  std::size_t pieces = 0;
  for (auto left = batch; !left.empty() && count < kMessagesMost && pieces + 2 <= kPiecesMost;) {
    const auto alike = std::min(count_alike(left), (kPiecesMost - pieces) / 2);
    auto& header = messages.headers[count].msg_hdr;
    header = {};
    header.msg_iov = &messages.pieces[pieces];
    for (const auto& datagram : left.first(alike)) {
      if (!datagram.head.empty()) messages.pieces[pieces++] = piece_of(datagram.head);
      messages.pieces[pieces++] = piece_of(datagram.data);
    }
    header.msg_iovlen = static_cast<std::size_t>(&messages.pieces[pieces] - header.msg_iov);
    if (!connected_) {
      messages.addresses[count] = SocketAddress(left.front().to);
      header.msg_name = messages.addresses[count].data();
      header.msg_namelen = messages.addresses[count].size();
    }
    const auto segment = alike > 1 ? left.front().size() : left.front().segment;
    if (segment != 0) ask_for_segments(header, messages.controls[count], segment);
    counts[count++] = static_cast<std::uint8_t>(alike);
    left = left.subspan(alike);
  }
  const int sent = ::sendmmsg(socket_.get(), messages.headers.data(), static_cast<unsigned>(count),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
  int taken = sent < 0 ? sent : 0;
  for (int i = 0; i < sent; ++i) taken += counts[static_cast<std::size_t>(i)];
  return taken;
}

}  // namespace dispatch::os
