#include "sim/host/udp_socket.hpp"

#include "sim/host/udp_layer.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

namespace dispatch::sim {
namespace {

constexpr std::size_t kMostIpv4 = 65535 - 20 - 8;
constexpr std::size_t kMostIpv6 = 65535 - 8;

// What Linux charges to the receive buffer: a socket buffer of 256 bytes and the data area, which
// is a power of two and ends with 320 bytes of bookkeeping (768 for a small datagram, 2304 for a
// full one).
std::size_t charge(const Slice& payload) {
  constexpr std::size_t kHeaders = 42;
  constexpr std::size_t kBookkeeping = 320;
  constexpr std::size_t kSocketBuffer = 256;
  return std::bit_ceil(payload.size() + kHeaders + kBookkeeping) + kSocketBuffer;
}

}  // namespace

UdpSocket::UdpSocket(UdpLayer& layer, std::uint64_t id, net::Endpoint local, net::Egress egress,
                     std::optional<net::Endpoint> peer)
    : readable(layer.kernel().simulation.executor()),
      layer_(layer),
      id_(id),
      local_(std::move(local)),
      egress_(std::move(egress)),
      peer_(std::move(peer)) {}

int UdpSocket::match(const NetworkInterface& from, const net::Endpoint& to,
                     const net::Endpoint& source) const {
  if (local_.port != to.port || local_.address.is_v6() != to.address.is_v6()) return 0;
  if (!egress_.device.empty() && egress_.device != from.name()) return 0;
  if (peer_ && *peer_ != source) return 0;
  if (!local_.address.is_unspecified() && local_.address != to.address) return 0;
  return 1 + (peer_ ? 4 : 0) + (local_.address.is_unspecified() ? 0 : 2) +
         (egress_.device.empty() ? 0 : 1);
}

void UdpSocket::receive(const net::Endpoint& source, const Slice& payload) {
  const auto bytes = charge(payload);
  if (charged_ + bytes > layer_.kernel().options.udp_receive_buffer.bytes()) {
    ++dropped_;
    return;
  }
  charged_ += bytes;
  waiting_.push_back({source, payload});
  notify();
}

void UdpSocket::unreachable(const IcmpUnreachable& message) {
  // Of the others Linux tells only sockets that ask for them (IP_RECVERR).
  if (message.reason != IcmpUnreachable::Reason::port || !peer_) return;
  error_ = message.error();
  notify();
}

net::Result<Path> UdpSocket::path_to(const net::Address& destination) {
  auto& ip = layer_.ip();
  if (path_generation_ != ip.generation() || path_destination_ != destination) {
    path_generation_ = UINT64_MAX;
    auto egress = egress_;
    if (!local_.address.is_unspecified()) egress.source = local_.address;
    const auto path = ip.find_path(destination, egress);
    if (!path) return path.error();
    path_ = *path;
    path_destination_ = destination;
    path_generation_ = ip.generation();
  }
  return path_;
}

net::Status UdpSocket::send(const net::DatagramOut& datagram) {
  if (closed_) return net::asio::error::operation_aborted;
  if (const auto error = take_error()) return error;
  auto to = peer_.value_or(datagram.to);
  to.address = net::unmapped(to.address);
  if (to.port == 0) return net::errno_error(EINVAL);
  if (to.address.is_unspecified()) to.address = net::loopback_address(net::family_of(to.address));
  if (datagram.data.size() > (to.address.is_v6() ? kMostIpv6 : kMostIpv4)) {
    return net::errno_error(EMSGSIZE);
  }
  const auto path = path_to(to.address);
  if (!path) return path.error();
  auto packet = layer_.kernel().packets.make();
  packet->source = path->source;
  packet->destination = to.address;
  packet->transport = UdpDatagram{local_.port, to.port, Slice::copy_of(datagram.data)};
  layer_.ip().send(*path->interface, std::move(packet));
  return {};
}

bool UdpSocket::take(net::DatagramIn& into) {
  if (waiting_.empty()) return false;
  const auto waiting = std::move(waiting_.front());
  waiting_.pop_front();
  charged_ -= charge(waiting.payload);
  const auto bytes = waiting.payload.bytes();
  into.size = std::min(bytes.size(), into.buffer.size());
  into.truncated = bytes.size() > into.buffer.size();
  into.from = waiting.source;
  if (into.size > 0) std::memcpy(into.buffer.data(), bytes.data(), into.size);
  return true;
}

net::Error UdpSocket::take_error() {
  return std::exchange(error_, {});
}

void UdpSocket::close() {
  if (std::exchange(closed_, true)) return;
  waiting_.clear();
  readable.notify_all();
  layer_.remove(*this);
}

void UdpSocket::notify() {
  if (!layer_.kernel().frozen) readable.notify_all();
}

net::Task<net::Result<std::size_t>> UdpHandle::receive(std::span<net::DatagramIn> batch) {
  const auto socket = socket_;
  for (;;) {
    if (socket->closed()) co_return net::Error{net::asio::error::operation_aborted};
    if (const auto error = socket->take_error()) co_return error;
    std::size_t filled = 0;
    while (filled < batch.size() && socket->take(batch[filled])) ++filled;
    if (filled > 0) co_return filled;
    if (const auto error = co_await socket->readable.wait()) co_return error;
  }
}

net::Task<net::Result<std::size_t>> UdpHandle::send(std::span<const net::DatagramOut> batch) {
  std::size_t sent = 0;
  for (const auto& datagram : batch) {
    if (const auto error = socket_->send(datagram)) {
      if (sent == 0) co_return error;
      break;
    }
    ++sent;
  }
  co_return sent;
}

}  // namespace dispatch::sim
