#include "sim/host/world.hpp"

#include "sim/core/simulation.hpp"
#include "sim/host/host_parts.hpp"
#include "sim/host/internet.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace dispatch::sim {
namespace {

constexpr std::uint32_t kMetricStep = 100;

}  // namespace

World::World(Simulation& simulation)
    : simulation_(simulation), internet_(std::make_unique<Internet>(simulation, packets_)) {}

World::~World() {
  // Tasks refer to hosts.
  simulation_.drop_tasks();
}

Host& World::add_host(std::string name, HostOptions options) {
  if (find_host(name) != nullptr) throw std::invalid_argument("two hosts are called " + name);
  return *hosts_.emplace_back(std::make_unique<Host>(*this, std::move(name), std::move(options)));
}

Link& World::attach(Host& host, std::string_view interface_name, std::vector<net::Prefix> addresses,
                    const LinkOptions& options) {
  auto& ip = host.parts_->ip;
  auto& interface = ip.add_interface(interface_name, options.mtu, false);
  auto name = host.name() + "/" + std::string(interface_name);
  auto& port = internet_->add_port(name);
  auto& link = *links_.emplace_back(
      std::make_unique<Link>(simulation_, std::move(name), options, interface, port));
  port.set_mtu(options.path_mtu, options.pmtu_black_hole);
  interface.connect_to(&link.up());
  port.connect_to(link.down());
  link.on_down([&ip, &interface](bool down) { ip.set_up(interface, !down); });
  interface.on_claim(
      [this, &port](const net::Address& address) { internet_->claim(address, port); });
  interface.on_join([this, &port](const net::Address& group) { internet_->join(group, port); });
  const auto metric = kMetricStep * static_cast<std::uint32_t>(ip.interfaces().size() - 1);
  bool has[2] = {false, false};
  for (const auto& address : addresses) {
    ip.add_address(interface, address);
    const auto family = net::family_of(address.address);
    if (!std::exchange(has[family == net::Family::v6], true)) {
      ip.add_route({net::any_address(family), 0}, interface, metric);
    }
  }
  return link;
}

Host* World::find_host(std::string_view name) const {
  const auto found = std::find_if(hosts_.begin(), hosts_.end(),
                                  [&](const auto& each) { return each->name() == name; });
  return found == hosts_.end() ? nullptr : found->get();
}

Link* World::find_link(std::string_view name) const {
  const auto found = std::find_if(links_.begin(), links_.end(),
                                  [&](const auto& each) { return each->name() == name; });
  return found == links_.end() ? nullptr : found->get();
}

void World::set_tcp_observer(TcpObserver* observer) {
  for (const auto& host : hosts_) host->parts_->kernel.tcp_observer = observer;
}

void World::visit_tcp(const std::function<void(const TcpView&)>& visitor) const {
  for (const auto& host : hosts_) host->parts_->tcp.visit(visitor);
}

void World::set_unknown_destination(UnknownDestination what) {
  internet_->set_unknown_destination(what);
}

void World::set_refusal(const Link& link, std::optional<IcmpUnreachable::Reason> reason) {
  internet_->port_of(link.name()).set_refusal(reason);
}

Nat& World::set_nat(const Link& link, const NatOptions& options) {
  auto& port = internet_->port_of(link.name());
  port.set_nat(std::make_unique<Nat>(options, simulation_.random("nat/" + link.name())));
  internet_->claim(options.external, port);
  return *port.nat();
}

void World::rebind(const Link& link, const net::Address& external) {
  auto& port = internet_->port_of(link.name());
  if (port.nat() == nullptr) throw std::invalid_argument(link.name() + " has no NAT");
  port.nat()->rebind(external);
  internet_->claim(external, port);
}

void World::set_portal(const Link& link, const std::optional<CaptivePortalOptions>& options) {
  internet_->port_of(link.name())
      .set_portal(options ? std::make_unique<CaptivePortal>(*options) : nullptr);
}

void World::set_ingress_filter(bool on) {
  internet_->set_ingress_filter(on);
}

}  // namespace dispatch::sim
