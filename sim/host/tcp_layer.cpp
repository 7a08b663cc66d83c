#include "sim/host/tcp_layer.hpp"

#include "sim/host/tcp_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>
#include <vector>

namespace dispatch::sim {
namespace {

constexpr std::uint32_t kIpv4AndTcp = 40;
constexpr std::uint32_t kIpv6AndTcp = 60;

bool same_port_space(const net::Endpoint& a, bool a_v6_only, const net::Endpoint& b,
                     bool b_v6_only) {
  if (a.port != b.port) return false;
  if (a.address == b.address) return true;
  const bool v6_a = a.address.is_v6();
  const bool v6_b = b.address.is_v6();
  if (v6_a == v6_b) return a.address.is_unspecified() || b.address.is_unspecified();
  // An unspecified IPv6 address that takes IPv4 as well is every address.
  return v6_a ? a.address.is_unspecified() && !a_v6_only : b.address.is_unspecified() && !b_v6_only;
}

bool same_device(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() || a == b;
}

// Linux's secure_tcp_ts_off: of the two addresses, the same on every machine here (FNV-1a).
std::uint32_t timestamp_origin(const net::Address& local, const net::Address& remote) {
  std::uint32_t hash = 2166136261u;
  const auto add = [&](const auto& bytes) {
    for (const auto byte : bytes) hash = (hash ^ byte) * 16777619u;
  };
  for (const auto* address : {&local, &remote}) {
    if (address->is_v4()) {
      add(address->to_v4().to_bytes());
    } else {
      add(address->to_v6().to_bytes());
    }
  }
  return hash;
}

}  // namespace

std::size_t TcpLayer::Hash::operator()(const FourTuple& tuple) const {
  const auto ports = std::uint64_t{tuple.local.port} << 16 | tuple.remote.port;
  const std::hash<net::Address> of_address;
  return mix(ports ^ mix(of_address(tuple.remote.address) ^ of_address(tuple.local.address) << 1));
}

TcpLayer::TcpLayer(Kernel& kernel, IpLayer& ip)
    : kernel_(kernel),
      ip_(ip),
      ports_(kernel.random("tcp/ports")),
      sequences_(kernel.random("tcp/sequences")) {}

TcpLayer::~TcpLayer() = default;

net::Result<std::uint16_t> TcpLayer::free_port(const net::Address& local,
                                               const net::Endpoint* remote) {
  const std::uint64_t first = kernel_.options.ephemeral_first;
  const auto count = kernel_.options.ephemeral_last - first + 1;
  const auto start = ports_.below(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const net::Endpoint candidate{local, static_cast<std::uint16_t>(first + (start + i) % count)};
    if (conflicts(candidate, {})) continue;
    if (remote == nullptr || !by_tuple_.contains(FourTuple{candidate, *remote}))
      return candidate.port;
  }
  return net::errno_error(remote == nullptr ? EADDRINUSE : EADDRNOTAVAIL);
}

std::uint16_t TcpLayer::mss_to(const net::Address& remote, const NetworkInterface& out) const {
  const auto headers = remote.is_v6() ? kIpv6AndTcp : kIpv4AndTcp;
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(
      ip_.mtu_to(remote, out) - headers, std::numeric_limits<std::uint16_t>::max()));
}

std::shared_ptr<TcpSocket> TcpLayer::make_socket(const FourTuple& tuple, std::string device,
                                                 const NetworkInterface& out) {
  auto options = kernel_.options.tcp;
  const auto headers = tuple.local.address.is_v6() ? kIpv6AndTcp : kIpv4AndTcp;
  options.mss = static_cast<std::uint16_t>(
      std::min<std::uint32_t>(out.mtu() - headers, std::numeric_limits<std::uint16_t>::max()));
  options.path_mss = mss_to(tuple.remote.address, out);
  options.timestamp_origin = timestamp_origin(tuple.local.address, tuple.remote.address);
  const auto id = next_id_++;
  auto socket = std::make_shared<TcpSocket>(*this, id, tuple, std::move(device), options,
                                            static_cast<std::uint32_t>(sequences_.next()));
  sockets_.emplace(id, socket);
  by_tuple_.insert(socket.get());
  return socket;
}

net::Result<std::shared_ptr<TcpSocket>> TcpLayer::open(const net::Endpoint& remote,
                                                       const net::Egress& egress) {
  net::Endpoint to{net::unmapped(remote.address), remote.port};
  // The unspecified address is this host (Linux).
  if (to.address.is_unspecified()) to.address = net::loopback_address(net::family_of(to.address));
  const auto path = ip_.find_path(to.address, egress);
  if (!path) return path.error();
  const auto port = free_port(path->source, &to);
  if (!port) return port.error();
  return make_socket({{path->source, *port}, to}, egress.device, *path->interface);
}

net::Task<net::Result<net::StreamPtr>> TcpLayer::connect(net::Endpoint remote, net::Egress egress,
                                                         net::TimePoint deadline) {
  auto opened = open(remote, egress);
  if (!opened) co_return opened.error();
  const auto socket = std::move(*opened);
  net::StreamPtr stream = std::make_unique<TcpStream>(socket, false);
  socket->connect();
  while (!socket->connection().established()) {
    if (const auto error = socket->read_error()) co_return error;
    if (socket->detached() || socket->connection().finished()) {
      co_return net::errno_error(ECONNABORTED);
    }
    if (const auto error = co_await socket->wait_writable(deadline)) {
      co_return error;
    }
  }
  socket->forget_waiters();
  co_return stream;
}

bool TcpLayer::conflicts(const net::Endpoint& local, const net::ListenOptions& options) const {
  return std::any_of(listeners_.begin(), listeners_.end(), [&](const auto& each) {
    const auto& other = *each.second;
    return same_port_space(local, options.v6_only, other.local(), other.options().v6_only) &&
           same_device(options.device, other.options().device);
  });
}

net::Result<net::ListenerPtr> TcpLayer::listen(const net::Endpoint& local,
                                               const net::ListenOptions& options) {
  if (!options.device.empty()) {
    if (const auto error = ip_.check_device(options.device)) return error;
  }
  if (!local.address.is_unspecified() && !ip_.owns(local.address)) {
    return net::errno_error(EADDRNOTAVAIL);
  }
  auto at = local;
  if (at.port == 0) {
    const auto port = free_port(at.address, nullptr);
    if (!port) return port.error();
    at.port = *port;
  }
  if (conflicts(at, options)) return net::errno_error(EADDRINUSE);
  const auto id = next_id_++;
  const auto socket = std::make_shared<TcpListenSocket>(*this, id, at, options);
  listeners_.emplace(id, socket);
  net::ListenerPtr listener = std::make_unique<TcpListener>(socket);
  return listener;
}

std::shared_ptr<TcpListenSocket> TcpLayer::find_listener(const net::Endpoint& local,
                                                         const NetworkInterface& from) const {
  // The most particular one: its own address, then any of the family, then any at all.
  std::shared_ptr<TcpListenSocket> best;
  int best_score = 0;
  for (const auto& [id, listener] : listeners_) {
    const auto& at = listener->local();
    const auto& options = listener->options();
    if (at.port != local.port || !same_device(options.device, from.name())) continue;
    int score = 0;
    if (at.address == local.address) {
      score = 6;
    } else if (at.address.is_unspecified()) {
      if (at.address.is_v6() == local.address.is_v6()) score = 4;
      if (at.address.is_v6() && local.address.is_v4() && !options.v6_only) score = 2;
    }
    if (score > 0 && !options.device.empty()) ++score;
    if (score > best_score) {
      best_score = score;
      best = listener;
    }
  }
  return best;
}

void TcpLayer::receive(const NetworkInterface& from, const Packet& packet) {
  const auto& segment = std::get<tcp::Segment>(packet.transport);
  const FourTuple tuple{{packet.destination, segment.destination_port},
                        {packet.source, segment.source_port}};
  const bool opens = segment.syn && !segment.ack && !segment.rst;
  if (const auto found = by_tuple_.find(tuple); found != by_tuple_.end()) {
    auto& socket = **found;
    const bool here = same_device(socket.device(), from.name());
    if (here && opens && socket.connection().yields_to(segment, kernel_.now())) {
      remove(socket);
    } else if (here) {
      return socket.receive(packet);
    }
  }
  if (opens) return begin(from, packet, segment);
  answer_reset(packet, segment);
}

// Linux's tcp_conn_request: without cookies, the last quarter of the queue is for peers that it
// knows from before, of whom there are none here.
bool TcpLayer::drops_syn(const TcpListenSocket& listener) const {
  const auto& options = kernel_.options.tcp;
  if (options.syn_cookies) return false;
  const auto room = options.max_syn_backlog - listener.half_open;
  return listener.remembers_no_more() || room < options.max_syn_backlog / 4;
}

void TcpLayer::begin(const NetworkInterface& from, const Packet& packet, const tcp::Segment& syn) {
  const net::Endpoint local{packet.destination, syn.destination_port};
  const auto listener = find_listener(local, from);
  if (listener == nullptr) return answer_reset(packet, syn);
  if (listener->full() || drops_syn(*listener)) return;
  const auto& device = listener->options().device;
  const auto path = ip_.find_path(packet.source, {packet.destination, device});
  if (!path) return;
  make_socket({local, {packet.source, syn.source_port}}, device, *path->interface)
      ->accept(packet, listener);
}

void TcpLayer::answer_reset(const Packet& packet, const tcp::Segment& segment) {
  if (segment.rst) return;
  const auto path = ip_.find_path(packet.source, {packet.destination, {}});
  if (!path) return;
  auto answer = kernel_.packets.make();
  answer->source = packet.destination;
  answer->destination = packet.source;
  answer->transport = tcp::refusal(segment);
  ip_.send(*path->interface, std::move(answer));
}

void TcpLayer::unreachable(const IcmpUnreachable& message) {
  const auto found = by_tuple_.find(FourTuple{message.source, message.destination});
  if (found == by_tuple_.end()) return;
  if (message.reason != IcmpUnreachable::Reason::too_big) {
    return (*found)->unreachable(message);
  }
  if (!(*found)->connection().in_flight(message.tcp_sequence)) return;
  ip_.learn_mtu(message.destination.address, message.mtu);
  const auto path = ip_.find_path(message.destination.address, {message.source.address, {}});
  if (path) (*found)->set_path_mss(mss_to(message.destination.address, *path->interface));
}

void TcpLayer::visit(const std::function<void(const TcpView&)>& visitor) const {
  for (const auto& [id, socket] : sockets_) visitor(socket->view());
}

void TcpLayer::notify_all() {
  for (const auto& [id, socket] : sockets_) socket->notify();
  for (const auto& [id, listener] : listeners_) listener->notify();
}

void TcpLayer::kill() {
  const auto listeners = listeners_;
  for (const auto& [id, listener] : listeners) {
    listener->acceptable.drop_waiters();
    listener->close();
  }
  const auto sockets = sockets_;
  for (const auto& [id, socket] : sockets) {
    socket->drop_waiters();
    socket->release();
  }
}

void TcpLayer::forget_all() {
  by_tuple_.clear();
  for (const auto sockets = std::exchange(sockets_, {}); const auto& [id, socket] : sockets) {
    socket->forget();
  }
  for (const auto listeners = std::exchange(listeners_, {});
       const auto& [id, listener] : listeners) {
    listener->forget();
  }
}

void TcpLayer::remove(TcpSocket& socket) {
  const auto found = by_tuple_.find(socket.tuple());
  if (found != by_tuple_.end() && *found == &socket) by_tuple_.erase(found);
  sockets_.erase(socket.id());
}

void TcpLayer::remove(TcpListenSocket& listener) {
  listeners_.erase(listener.id());
}

}  // namespace dispatch::sim
