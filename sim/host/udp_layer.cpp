#include "sim/host/udp_layer.hpp"

#include "sim/host/icmp.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace dispatch::sim {

UdpLayer::UdpLayer(Kernel& kernel, IpLayer& ip)
    : kernel_(kernel), ip_(ip), ports_(kernel.random("udp/ports")) {}

bool UdpLayer::taken(const net::Endpoint& local, const std::string& device, bool shared) const {
  const auto found = by_port_.find(local.port);
  if (found == by_port_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const UdpSocket* other) {
    const auto& theirs = other->local().address;
    return theirs.is_v6() == local.address.is_v6() &&
           (theirs == local.address || theirs.is_unspecified() || local.address.is_unspecified()) &&
           !(shared && other->shares_port()) &&
           (device.empty() || other->device().empty() || device == other->device());
  });
}

net::Result<std::uint16_t> UdpLayer::free_port(const net::Address& local,
                                               const std::string& device) {
  const std::uint64_t first = kernel_.options.ephemeral_first;
  const auto count = kernel_.options.ephemeral_last - first + 1;
  const auto start = ports_.below(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(first + (start + i) % count);
    if (!taken({local, port}, device, false)) return port;
  }
  return net::errno_error(EADDRINUSE);
}

net::Result<net::DatagramPtr> UdpLayer::open(const net::DatagramOptions& options) {
  auto local = options.local;
  auto peer = options.connect;
  if (options.egress.source) {
    local.address = *options.egress.source;
  } else if (peer && local.address.is_unspecified()) {
    local.address = net::any_address(net::family_of(net::unmapped(peer->address)));
  }
  const auto& device = options.egress.device;
  if (!device.empty()) {
    if (const auto error = ip_.check_device(device)) return error;
  }
  if (!options.multicast_interface.empty() && !ip_.has_interface(options.multicast_interface)) {
    return net::errno_error(ENODEV);
  }
  if (!local.address.is_unspecified() && !local.address.is_multicast() &&
      !ip_.owns(local.address)) {
    return net::errno_error(EADDRNOTAVAIL);
  }
  local.address = net::without_scope(local.address);
  auto joined = options;
  auto groups = join(options, net::family_of(local.address));
  if (!groups) return groups.error();
  joined.groups = std::move(*groups);
  if (peer) {
    peer->address = net::unmapped(peer->address);
    if (peer->address.is_unspecified()) {
      peer->address = net::loopback_address(net::family_of(peer->address));
    }
    // connect() chooses the source for good.
    const auto path =
        peer->address.is_multicast()
            ? ip_.find_group_path(peer->address, options.multicast_interface, options.egress)
            : ip_.find_path(peer->address, {local.address, device});
    if (!path) return path.error();
    local.address = path->source;
  }
  if (local.port == 0) {
    const auto port = free_port(local.address, device);
    if (!port) return port.error();
    local.port = *port;
  } else if (taken(local, device, options.shared_port)) {
    return net::errno_error(EADDRINUSE);
  }
  const auto id = next_id_++;
  const auto socket = std::make_shared<UdpSocket>(*this, id, local, peer, joined);
  sockets_.emplace(id, socket);
  by_port_[local.port].push_back(socket.get());
  net::DatagramPtr handle = std::make_unique<UdpHandle>(socket);
  return handle;
}

UdpSocket* UdpLayer::find(const NetworkInterface& from, const net::Endpoint& to,
                          const net::Endpoint& source) const {
  const auto found = by_port_.find(to.port);
  if (found == by_port_.end()) return nullptr;
  UdpSocket* best = nullptr;
  int best_match = 0;
  for (auto* socket : found->second) {
    if (const int match = socket->match(from, to, source); match > best_match) {
      best = socket;
      best_match = match;
    }
  }
  return best;
}

net::Result<std::vector<net::Membership>> UdpLayer::join(const net::DatagramOptions& options,
                                                         net::Family family) {
  auto groups = options.groups;
  for (auto& each : groups) {
    const bool is_group = each.group.is_multicast() && net::family_of(each.group) == family;
    if (!is_group || (each.source && net::family_of(*each.source) != family)) {
      return net::errno_error(EINVAL);
    }
    const auto path = ip_.find_group_path(each.group, each.interface, options.egress);
    if (!path) return path.error();
    each.interface = path->interface->name();
  }
  for (const auto& each : groups) {
    ip_.interface(each.interface).join(net::without_scope(each.group));
  }
  return groups;
}

void UdpLayer::deliver_to_group(const NetworkInterface& from, const Packet& packet) {
  const auto& datagram = std::get<UdpDatagram>(packet.transport);
  const auto found = by_port_.find(datagram.destination_port);
  if (found == by_port_.end()) return;
  const net::Endpoint source{packet.source, datagram.source_port};
  const net::Endpoint to{packet.destination, datagram.destination_port};
  for (auto* socket : found->second) {
    if (socket->hears(from, to, source)) socket->receive(source, datagram.payload);
  }
}

void UdpLayer::loop_back(NetworkInterface& out, const Packet& packet) {
  deliver_to_group(out, packet);
}

void UdpLayer::receive(const NetworkInterface& from, const Packet& packet) {
  if (packet.destination.is_multicast()) return deliver_to_group(from, packet);
  const auto& datagram = std::get<UdpDatagram>(packet.transport);
  const net::Endpoint source{packet.source, datagram.source_port};
  const net::Endpoint to{packet.destination, datagram.destination_port};
  if (auto* socket = find(from, to, source)) return socket->receive(source, datagram.payload);
  const auto path = ip_.find_path(packet.source, {packet.destination, {}});
  if (!path) return;
  auto answer =
      make_unreachable(kernel_.packets, packet, IcmpUnreachable::Reason::port, packet.destination);
  ip_.send(*path->interface, std::move(answer));
}

void UdpLayer::unreachable(const IcmpUnreachable& message) {
  const auto found = by_port_.find(message.source.port);
  if (found == by_port_.end()) return;
  for (auto* socket : found->second) {
    const auto& own = socket->local().address;
    if (own == message.source.address) socket->unreachable(message);
  }
}

void UdpLayer::notify_all() {
  for (const auto& [id, socket] : sockets_) socket->notify();
}

void UdpLayer::kill() {
  const auto sockets = sockets_;
  for (const auto& [id, socket] : sockets) {
    socket->readable.drop_waiters();
    socket->close();
  }
}

void UdpLayer::remove(UdpSocket& socket) {
  if (const auto found = by_port_.find(socket.local().port); found != by_port_.end()) {
    std::erase(found->second, &socket);
    if (found->second.empty()) by_port_.erase(found);
  }
  sockets_.erase(socket.id());  // may destroy it
}

}  // namespace dispatch::sim
