// Batches with recvmmsg(2) and sendmmsg(2): one system call for many datagrams.
#include "engine/os/datagram.hpp"
#include "engine/os/socket_address.hpp"

#include <algorithm>
#include <array>
#include <sys/socket.h>
#include <sys/uio.h>

namespace dispatch::os {
namespace {

constexpr std::size_t kBatchMost = 64;

// On the stack of one call, never in a coroutine's frame.
struct Messages {
  std::array<mmsghdr, kBatchMost> headers{};
  std::array<iovec, kBatchMost> buffers;
  std::array<SocketAddress, kBatchMost> addresses;
};

}  // namespace

int Datagram::try_receive(std::span<net::DatagramIn> batch) {
  Messages messages;
  const auto count = std::min(batch.size(), kBatchMost);
  for (std::size_t i = 0; i < count; ++i) {
    messages.buffers[i] = {batch[i].buffer.data(), batch[i].buffer.size()};
    auto& header = messages.headers[i].msg_hdr;
    header.msg_iov = &messages.buffers[i];
    header.msg_iovlen = 1;
    header.msg_name = messages.addresses[i].data();
    header.msg_namelen = SocketAddress::capacity();
  }
  const int filled = ::recvmmsg(socket_.get(), messages.headers.data(),
                                static_cast<unsigned>(count), MSG_DONTWAIT, nullptr);
  for (int i = 0; i < filled; ++i) {
    const auto slot = static_cast<std::size_t>(i);
    batch[slot].size = messages.headers[slot].msg_len;
    batch[slot].from = messages.addresses[slot].endpoint();
    batch[slot].truncated = (messages.headers[slot].msg_hdr.msg_flags & MSG_TRUNC) != 0;
  }
  return filled;
}

int Datagram::try_send(std::span<const net::DatagramOut> batch) {
  Messages messages;
  const auto count = std::min(batch.size(), kBatchMost);
  for (std::size_t i = 0; i < count; ++i) {
    // The kernel does not write to it.
    messages.buffers[i] = {const_cast<std::byte*>(batch[i].data.data()), batch[i].data.size()};
    auto& header = messages.headers[i].msg_hdr;
    header.msg_iov = &messages.buffers[i];
    header.msg_iovlen = 1;
    if (!connected_) {
      messages.addresses[i] = SocketAddress(batch[i].to);
      header.msg_name = messages.addresses[i].data();
      header.msg_namelen = messages.addresses[i].size();
    }
  }
  return ::sendmmsg(socket_.get(), messages.headers.data(), static_cast<unsigned>(count),
                    MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace dispatch::os
