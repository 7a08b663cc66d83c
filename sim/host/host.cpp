#include "sim/host/host.hpp"

#include "sim/host/host_parts.hpp"
#include "sim/host/world.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace dispatch::sim {
namespace {

constexpr std::uint32_t kLoopbackMtu = 65536;

DirectionOptions loopback_direction(const HostOptions& options) {
  DirectionOptions direction;
  direction.delay = options.loopback_delay;
  direction.queue = QueueLimit{std::nullopt, std::nullopt};
  return direction;
}

}  // namespace

Host::Parts::Parts(Simulation& simulation, PacketPool& packets, Host& host)
    : clock(simulation),
      kernel{simulation, clock, packets, host.name_, host.options_},
      ip(kernel, [this](NetworkInterface& from, PacketPtr packet) { receive(from, *packet); }),
      loopback(ip.add_interface("lo", kLoopbackMtu, true)),
      loopback_link(simulation, host.name_ + "/lo", loopback_direction(host.options_), loopback),
      tcp(kernel, ip),
      udp(kernel, ip),
      network(kernel, tcp, udp),
      interfaces(kernel, ip),
      resolver(kernel, ip, host),
      entropy(kernel.random("entropy")),
      log(kernel) {
  loopback.connect_to(&loopback_link);
  ip.add_address(loopback, {net::loopback_address(net::Family::v4), 8});
  ip.add_address(loopback, {net::loopback_address(net::Family::v6), 128});
  ip.on_change([this] { interfaces.notify_all(); });
}

void Host::Parts::receive(NetworkInterface& from, const Packet& packet) {
  if (std::holds_alternative<tcp::Segment>(packet.transport)) {
    tcp.receive(from, packet);
  } else if (std::holds_alternative<UdpDatagram>(packet.transport)) {
    udp.receive(from, packet);
  } else {
    const auto& message = std::get<IcmpUnreachable>(packet.transport);
    if (message.protocol == IcmpUnreachable::Protocol::tcp) return tcp.unreachable(message);
    if (message.reason == IcmpUnreachable::Reason::too_big) {
      ip.learn_mtu(message.destination.address, message.mtu);
    }
    udp.unreachable(message);
  }
}

Host::Host(World& world, std::string name, HostOptions options)
    : world_(world),
      name_(std::move(name)),
      options_(std::move(options)),
      parts_(std::make_unique<Parts>(world.simulation(), world.packets(), *this)) {}

Host::~Host() = default;

Simulation& Host::simulation() const {
  return parts_->kernel.simulation;
}
net::asio::any_io_executor Host::executor() {
  return simulation().executor();
}
net::Clock& Host::clock() {
  return parts_->clock;
}
net::Network& Host::network() {
  return parts_->network;
}
net::Resolver& Host::resolver() {
  return parts_->resolver;
}
net::Interfaces& Host::interfaces() {
  return parts_->interfaces;
}
net::Entropy& Host::entropy() {
  return parts_->entropy;
}
net::Log& Host::log() {
  return parts_->log;
}

void Host::spawn(net::Task<void> task) {
  simulation().spawn(std::move(task));
}

NetworkInterface& Host::interface(std::string_view name) {
  return parts_->ip.interface(name);
}

void Host::set_interface_up(std::string_view name, bool up) {
  parts_->ip.set_up(interface(name), up);
}

void Host::set_carrier(std::string_view name, bool running) {
  parts_->ip.set_carrier(interface(name), running);
}

void Host::add_address(std::string_view name, const net::Prefix& address) {
  parts_->ip.add_address(interface(name), address);
}

void Host::remove_address(std::string_view name, const net::Address& address) {
  parts_->ip.remove_address(interface(name), address);
}

void Host::change_address(std::string_view name, const net::Address& from, const net::Prefix& to) {
  remove_address(name, from);
  add_address(name, to);
}

void Host::add_route(const net::Prefix& to, std::string_view name, std::uint32_t metric) {
  parts_->ip.add_route(to, interface(name), metric);
}

std::uint32_t Host::remove_route(const net::Prefix& to, std::string_view name) {
  return parts_->ip.remove_route(to, interface(name));
}

void Host::unplug(std::string_view name) {
  parts_->ip.set_plugged(interface(name), false);
}

void Host::plug_in(std::string_view name) {
  parts_->ip.set_plugged(interface(name), true);
}

void Host::freeze() {
  parts_->kernel.frozen = true;
  parts_->clock.set_frozen(true);
}

void Host::thaw() {
  parts_->kernel.frozen = false;
  parts_->clock.set_frozen(false);
  parts_->tcp.notify_all();
  parts_->udp.notify_all();
  parts_->interfaces.notify_all();
}

void Host::set_backlog_full(bool full) {
  parts_->kernel.backlog_full = full;
}

void Host::set_slow_reader(std::optional<DataRate> rate) {
  parts_->kernel.read_rate = rate;
}

void Host::set_slow_writer(std::optional<DataRate> rate) {
  parts_->kernel.write_rate = rate;
}

void Host::kill() {
  parts_->clock.kill_all();
  parts_->interfaces.kill();
  parts_->udp.kill();
  parts_->tcp.kill();
}

void Host::reboot() {
  parts_->clock.kill_all();
  parts_->interfaces.kill();
  parts_->udp.kill();
  parts_->tcp.forget_all();
  thaw();
}

void Host::add_host_name(std::string_view name, std::vector<net::Address> addresses) {
  parts_->resolver.add_host_name(name, std::move(addresses));
}

std::size_t Host::tcp_sockets() const {
  return parts_->tcp.size();
}
std::size_t Host::udp_sockets() const {
  return parts_->udp.sockets();
}

}  // namespace dispatch::sim
