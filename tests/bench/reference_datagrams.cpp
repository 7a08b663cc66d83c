#include "tests/bench/reference_relay.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <netinet/udp.h>

namespace dispatch::bench {
namespace {

constexpr std::size_t kBatch = 32;
constexpr std::size_t kBytes = 65'536;
constexpr std::size_t kHeader = 10;
constexpr std::size_t kPiecesMax = 64;  // UDP_MAX_SEGMENTS

using Control = std::array<char, 64>;

// The size of the datagrams of which a message was joined; its own where it is one.
std::size_t piece_size(msghdr& message, std::size_t size) {
  for (auto* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != IPPROTO_UDP || each->cmsg_type != UDP_GRO) continue;
    int piece = 0;
    std::memcpy(&piece, CMSG_DATA(each), sizeof piece);
    return static_cast<std::size_t>(piece);
  }
  return size;
}

void set_piece_size(msghdr& message, Control& control, std::size_t size) {
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(sizeof(std::uint16_t));
  auto* option = CMSG_FIRSTHDR(&message);
  option->cmsg_level = IPPROTO_UDP;
  option->cmsg_type = UDP_SEGMENT;
  option->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
  const auto value = static_cast<std::uint16_t>(size);
  std::memcpy(CMSG_DATA(option), &value, sizeof value);
}

}  // namespace

struct ReferenceDatagrams::Batch {
  std::array<std::array<char, kBytes>, kBatch> buffers;
  std::array<Control, kBatch> controls;
  std::array<std::array<iovec, kPiecesMax>, kBatch> pieces;
  std::array<sockaddr_in, kBatch> targets;
  std::array<iovec, kBatch> parts;
  std::array<mmsghdr, kBatch> in;
  std::array<mmsghdr, kBatch> out;
};

ReferenceDatagrams::ReferenceDatagrams()
    : client_(datagram_socket()), outlet_(datagram_socket()), batch_(std::make_unique<Batch>()) {
  const int on = 1;
  ::setsockopt(client_.get(), IPPROTO_UDP, UDP_GRO, &on, sizeof on);
}

ReferenceDatagrams::~ReferenceDatagrams() = default;

void ReferenceDatagrams::move() {
  auto& batch = *batch_;
  for (std::size_t i = 0; i < kBatch; ++i) {
    batch.parts[i] = {batch.buffers[i].data(), kBytes};
    batch.in[i] = {};
    auto& message = batch.in[i].msg_hdr;
    message.msg_iov = &batch.parts[i];
    message.msg_iovlen = 1;
    message.msg_control = batch.controls[i].data();
    message.msg_controllen = batch.controls[i].size();
  }
  const int got = ::recvmmsg(client_.get(), batch.in.data(), kBatch, MSG_DONTWAIT, nullptr);
  std::size_t ready = 0;
  for (std::size_t i = 0; got > 0 && i < static_cast<std::size_t>(got); ++i) {
    const std::size_t size = batch.in[i].msg_len;
    const auto piece = piece_size(batch.in[i].msg_hdr, size);
    if (piece <= kHeader) continue;
    auto* bytes = batch.buffers[i].data();
    auto& target = batch.targets[ready];
    target = loopback(0);
    std::memcpy(&target.sin_port, bytes + 8, 2);
    auto& out = batch.out[ready] = {};
    std::size_t pieces = 0;
    for (std::size_t at = 0; at + kHeader < size && pieces < kPiecesMax; at += piece) {
      const auto length = std::min(piece, size - at) - kHeader;
      batch.pieces[ready][pieces++] = {bytes + at + kHeader, length};
    }
    out.msg_hdr.msg_name = &target;
    out.msg_hdr.msg_namelen = sizeof target;
    out.msg_hdr.msg_iov = batch.pieces[ready].data();
    out.msg_hdr.msg_iovlen = pieces;
    if (pieces > 1) set_piece_size(out.msg_hdr, batch.controls[i], piece - kHeader);
    ++ready;
  }
  if (ready != 0) ::sendmmsg(outlet_.get(), batch.out.data(), static_cast<unsigned>(ready), 0);
}

}  // namespace dispatch::bench
