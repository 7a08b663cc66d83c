#include "sim/host/udp_socket.hpp"

#include "sim/host/udp_layer.hpp"

#include <boost/asio/post.hpp>

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

// A whole datagram, its head before its data.
Slice payload_of(const net::DatagramOut& datagram) {
  if (datagram.head.empty()) return Slice::copy_of(datagram.data);
  auto* block = Block::make(datagram.size());
  std::memcpy(block->data(), datagram.head.data(), datagram.head.size());
  if (!datagram.data.empty()) {
    std::memcpy(block->data() + datagram.head.size(), datagram.data.data(), datagram.data.size());
  }
  return {block, 0, datagram.size()};
}

bool is_broadcast(const net::Address& address) {
  return address == net::Address(net::AddressV4::broadcast());
}

}  // namespace

UdpSocket::UdpSocket(UdpLayer& layer, std::uint64_t id, net::Endpoint local,
                     std::optional<net::Endpoint> peer, const net::DatagramOptions& options)
    : readable(layer.kernel().simulation.executor()),
      layer_(layer),
      id_(id),
      local_(std::move(local)),
      options_(options),
      egress_(options.egress),
      peer_(std::move(peer)),
      // As Linux does it for a process with CAP_NET_ADMIN: room is left for its bookkeeping.
      buffer_bytes_(options.kernel_buffer != 0
                        ? 2 * options.kernel_buffer
                        : layer.kernel().options.udp_receive_buffer.bytes()) {}

int UdpSocket::match(const NetworkInterface& from, const net::Endpoint& to,
                     const net::Endpoint& source) const {
  if (local_.port != to.port || local_.address.is_v6() != to.address.is_v6()) return 0;
  if (!egress_.device.empty() && egress_.device != from.name()) return 0;
  if (peer_ && *peer_ != source) return 0;
  if (!local_.address.is_unspecified() && local_.address != to.address) return 0;
  return 1 + (peer_ ? 4 : 0) + (local_.address.is_unspecified() ? 0 : 2) +
         (egress_.device.empty() ? 0 : 1);
}

bool UdpSocket::hears(const NetworkInterface& from, const net::Endpoint& group,
                      const net::Endpoint& source) const {
  if (!local_.address.is_unspecified() && local_.address != group.address) return false;
  if (local_.port != group.port || (peer_ && *peer_ != source)) return false;
  if (!egress_.device.empty() && egress_.device != from.name()) return false;
  return std::ranges::any_of(options_.groups, [&](const net::Membership& each) {
    return net::without_scope(each.group) == group.address && each.interface == from.name() &&
           (!each.source || *each.source == source.address);
  });
}

void UdpSocket::receive(const net::Endpoint& source, const Slice& payload) {
  const auto bytes = charge(payload);
  if (charged_ + bytes > buffer_bytes_) {
    ++dropped_;
    return;
  }
  charged_ += bytes;
  waiting_.push_back({source, payload});
  notify();
}

void UdpSocket::unreachable(const IcmpUnreachable& message) {
  // Of the others Linux tells only sockets that ask for them (IP_RECVERR).
  if (!message.is_hard() || !peer_) return;
  error_ = message.error();
  notify();
}

net::Result<Path> UdpSocket::path_to(const net::Address& destination) {
  auto& ip = layer_.ip();
  if (path_generation_ != ip.generation() || path_destination_ != destination) {
    path_generation_ = UINT64_MAX;
    auto egress = egress_;
    if (!local_.address.is_unspecified() && !local_.address.is_multicast()) {
      egress.source = local_.address;
    }
    const auto path = destination.is_multicast()
                          ? ip.find_group_path(destination, options_.multicast_interface, egress)
                          : ip.find_path_of_socket(destination, egress);
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
  if (datagram.size() > (to.address.is_v6() ? kMostIpv6 : kMostIpv4)) {
    return net::errno_error(EMSGSIZE);
  }
  if (is_broadcast(to.address) && !options_.broadcast) return net::errno_error(EACCES);
  const auto path = path_to(to.address);
  if (!path) return path.error();
  to.address = net::without_scope(to.address);
  if (datagram.segment == 0) {
    send_packet(*path, to, payload_of(datagram));
    return {};
  }
  // What leaves in one piece is not cut up again.
  const auto mtu = layer_.ip().mtu_to(to.address, *path->interface);
  if (datagram.segment + (to.address.is_v6() ? 48 : 28) > mtu) return net::errno_error(EMSGSIZE);
  for (auto left = datagram.data; !left.empty();) {
    const auto bytes = left.first(std::min(left.size(), datagram.segment));
    send_packet(*path, to, Slice::copy_of(bytes));
    left = left.subspan(bytes.size());
  }
  return {};
}

void UdpSocket::send_packet(const Path& path, const net::Endpoint& to, Slice payload) {
  auto packet = layer_.kernel().packets.make();
  packet->source = path.source;
  packet->destination = to.address;
  packet->transport = UdpDatagram{local_.port, to.port, std::move(payload)};
  const bool to_group = to.address.is_multicast();
  if (to_group || options_.hop_limit) packet->ttl = options_.hop_limit.value_or(1);
  if (to_group && options_.multicast_loop && !path.interface->loopback()) {
    layer_.loop_back(*path.interface, *packet);
  }
  layer_.ip().send(*path.interface, std::move(packet));
}

bool UdpSocket::take(net::DatagramIn& into) {
  if (waiting_.empty()) return false;
  into.size = 0;
  into.segment = 0;
  into.from = waiting_.front().source;
  for (bool more = true; more; more = options_.coalesced && next_joins(into)) {
    const auto waiting = std::move(waiting_.front());
    waiting_.pop_front();
    charged_ -= charge(waiting.payload);
    const auto bytes = waiting.payload.bytes();
    const auto room = into.buffer.subspan(into.size);
    into.truncated = bytes.size() > room.size();
    const auto taken = bytes.first(std::min(bytes.size(), room.size()));
    if (!taken.empty()) std::memcpy(room.data(), taken.data(), taken.size());
    if (into.size != 0 && into.segment == 0) into.segment = into.size;
    into.size += taken.size();
  }
  return true;
}

// Linux joins them until one is shorter, and never more than 64.
bool UdpSocket::next_joins(const net::DatagramIn& taken) const {
  constexpr std::size_t kSegmentsMost = 64;
  if (waiting_.empty() || waiting_.front().source != taken.from || taken.size == 0) return false;
  const auto next = waiting_.front().payload.size();
  const auto segment = taken.segment == 0 ? taken.size : taken.segment;
  return next != 0 && next <= segment && taken.size % segment == 0 && !taken.truncated &&
         taken.size / segment < kSegmentsMost && taken.size + next <= taken.buffer.size();
}

net::Error UdpSocket::take_error() {
  return std::exchange(error_, {});
}

net::Result<std::size_t> UdpSocket::try_receive(std::span<net::DatagramIn> batch) {
  if (closed_) return net::Error{net::asio::error::operation_aborted};
  if (const auto error = take_error()) return error;
  std::size_t filled = 0;
  while (filled < batch.size() && take(batch[filled])) ++filled;
  if (filled == 0) return net::errno_error(EAGAIN);
  return filled;
}

net::Result<std::size_t> UdpSocket::try_send(std::span<const net::DatagramOut> batch) {
  std::size_t sent = 0;
  for (const auto& datagram : batch) {
    if (const auto error = send(datagram)) {
      if (sent == 0) return error;
      break;
    }
    ++sent;
  }
  return sent;
}

void UdpSocket::when_readable(std::function<void()> ready) {
  ready_ = std::move(ready);
  if (!waiting_.empty() || error_) call_ready();
}

void UdpSocket::call_ready() {
  if (!ready_) return;
  net::asio::post(layer_.kernel().simulation.executor(), [socket = weak_from_this()] {
    const auto still = socket.lock();
    if (!still || still->layer_.kernel().frozen) return;
    if (const auto ready = std::exchange(still->ready_, nullptr)) ready();
  });
}

void UdpSocket::close() {
  if (std::exchange(closed_, true)) return;
  waiting_.clear();
  ready_ = nullptr;
  readable.notify_all();
  layer_.remove(*this);
}

void UdpSocket::notify() {
  if (layer_.kernel().frozen) return;
  readable.notify_all();
  call_ready();
}

net::Task<net::Result<std::size_t>> UdpHandle::receive(std::span<net::DatagramIn> batch) {
  const auto socket = socket_;
  for (;;) {
    const auto filled = socket->try_receive(batch);
    if (filled || filled.error() != net::asio::error::would_block) co_return filled;
    if (const auto error = co_await socket->readable.wait()) co_return error;
  }
}

net::Task<net::Result<std::size_t>> UdpHandle::send(std::span<const net::DatagramOut> batch) {
  if (batch.empty()) co_return std::size_t{0};
  co_return socket_->try_send(batch);
}

}  // namespace dispatch::sim
