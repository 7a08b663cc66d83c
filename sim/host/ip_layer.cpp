#include "sim/host/ip_layer.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace dispatch::sim {

using net::errno_error;
namespace {

constexpr std::uint32_t kLeastPathMtuV4 = 552;                    // net.ipv4.route.min_pmtu
constexpr std::uint32_t kLeastMtuV6 = 1280;                       // RFC 8200 5
constexpr net::Duration kPathMtuLife = std::chrono::minutes(10);  // net.ipv4.route.mtu_expires

}  // namespace

IpLayer::IpLayer(Kernel& kernel, Receiver receiver)
    : kernel_(kernel), receiver_(std::move(receiver)) {}

NetworkInterface* IpLayer::find_interface(std::string_view name) const {
  for (const auto& candidate : interfaces_) {
    if (candidate->name() == name) return candidate.get();
  }
  return nullptr;
}

NetworkInterface& IpLayer::interface(std::string_view name) const {
  if (auto* found = find_interface(name)) return *found;
  throw std::invalid_argument("host " + kernel_.host_name + " has no interface " +
                              std::string(name));
}

NetworkInterface* IpLayer::owner_of(const net::Address& address) const {
  for (const auto& candidate : interfaces_) {
    if (candidate->has(address)) return candidate.get();
  }
  return nullptr;
}

bool IpLayer::owns(const net::Address& address) const {
  return owner_of(address) != nullptr;
}

const IpLayer::Route* IpLayer::find_route(const net::Address& destination,
                                          const NetworkInterface* only) const {
  const Route* best = nullptr;
  for (const auto& route : routes_) {
    if (!route.interface->usable() || (only != nullptr && route.interface != only)) continue;
    if (!route.to.contains(destination)) continue;
    // With the last IPv4 address the routes went.
    if (destination.is_v4() && !route.interface->source_for(destination)) continue;
    if (best == nullptr || route.to.length > best->to.length ||
        (route.to.length == best->to.length && route.metric < best->metric)) {
      best = &route;
    }
  }
  return best;
}

bool IpLayer::has_interface(std::string_view name) const {
  const auto* found = find_interface(name);
  return found != nullptr && found->plugged();
}

net::Status IpLayer::check_device(const std::string& device) const {
  if (!kernel_.options.device_binding) return errno_error(EPERM);
  const auto* found = find_interface(device);
  if (found == nullptr || !found->plugged()) return errno_error(ENODEV);
  return {};
}

net::Result<Path> IpLayer::find_path(const net::Address& destination,
                                     const net::Egress& egress) const {
  const auto& source = egress.source;
  if (!egress.device.empty()) {
    if (const auto error = check_device(egress.device)) return error;
  }
  if (source) {
    if (source->is_v6() != destination.is_v6()) return errno_error(EAFNOSUPPORT);
    if (!source->is_unspecified() && !owns(*source)) return errno_error(EADDRNOTAVAIL);
  }
  const bool bound = source && !source->is_unspecified();

  if (const auto* owner = owner_of(destination); owner != nullptr) {
    auto* loopback = interfaces_.front().get();
    if (egress.device.empty() || egress.device == loopback->name()) {
      if (!loopback->usable()) return errno_error(ENETUNREACH);
      if (bound) return Path{loopback, *source};
      // The route to 127.0.0.0/8 prefers the source 127.0.0.1.
      return Path{loopback, owner == loopback ? net::loopback_address(net::family_of(destination))
                                              : destination};
    }
  }
  if (!egress.device.empty()) return path_by_device(destination, egress);
  if (bound) return path_from(destination, *source);

  const auto* route = find_route(destination, nullptr);
  if (route == nullptr) return errno_error(ENETUNREACH);
  if (const auto own = route->interface->source_for(destination)) {
    return Path{route->interface, *own};
  }
  return Path{route->interface, foreign_source_v6(destination)};
}

net::Result<Path> IpLayer::find_path_of_socket(const net::Address& destination,
                                               const net::Egress& egress) const {
  if (!egress.source || egress.source->is_unspecified() || owns(*egress.source)) {
    return find_path(destination, egress);
  }
  if (egress.source->is_v4()) return errno_error(ENETUNREACH);
  auto path = find_path(destination, {std::nullopt, egress.device});
  if (path) path->source = *egress.source;
  return path;
}

net::Result<Path> IpLayer::find_group_path(const net::Address& group, const std::string& interface,
                                           const net::Egress& egress) const {
  NetworkInterface* out = nullptr;
  const auto& name = interface.empty() ? egress.device : interface;
  const auto scope = group.is_v6() ? group.to_v6().scope_id() : 0;
  if (!name.empty()) {
    out = find_interface(name);
    if (out == nullptr || !out->plugged()) return errno_error(ENODEV);
  } else if (scope != 0) {
    for (const auto& each : interfaces_) {
      if (each->index() == scope && each->plugged()) out = each.get();
    }
    if (out == nullptr) return errno_error(ENODEV);
  } else if (const auto* route = find_route(group, nullptr)) {
    out = route->interface;
  } else if (group.is_v6()) {
    // Every interface has a route to ff00::/8; the first one counts.
    for (const auto& each : interfaces_) {
      if (out == nullptr && !each->loopback() && each->usable()) out = each.get();
    }
  }
  if (out == nullptr || !out->usable()) return errno_error(ENETUNREACH);
  if (egress.source && !egress.source->is_unspecified()) return Path{out, *egress.source};
  return Path{out, out->source_for(group).value_or(net::any_address(net::family_of(group)))};
}

net::Address IpLayer::foreign_source_v6(const net::Address& destination) const {
  for (const auto& other : interfaces_) {
    if (other->loopback() || !other->usable()) continue;
    if (const auto foreign = other->source_for(destination)) return *foreign;
  }
  return net::loopback_address(net::Family::v6);
}

net::Result<Path> IpLayer::path_by_device(const net::Address& destination,
                                          const net::Egress& egress) const {
  auto* device = find_interface(egress.device);
  if (!device->usable()) return errno_error(ENETUNREACH);
  // "Apparently, routing tables are wrong. Assume, that the destination is on link" (Linux,
  // net/ipv4/route.c). IPv6 has no such faith.
  if (destination.is_v6() && find_route(destination, device) == nullptr) {
    return errno_error(ENETUNREACH);
  }
  if (egress.source && !egress.source->is_unspecified()) return Path{device, *egress.source};
  if (const auto own = device->source_for(destination)) return Path{device, *own};
  // An address of another interface then; the answers will not come back by this one.
  if (destination.is_v6()) return Path{device, foreign_source_v6(destination)};
  for (const auto& other : interfaces_) {
    if (other->loopback() || !other->usable()) continue;
    if (const auto foreign = other->source_for(destination)) return Path{device, *foreign};
  }
  return Path{device, net::any_address(net::family_of(destination))};
}

net::Result<Path> IpLayer::path_from(const net::Address& destination,
                                     const net::Address& source) const {
  auto* owner = owner_of(source);
  // A loopback address must not leave the host.
  if (owner->loopback()) return errno_error(source.is_v4() ? EINVAL : ENETUNREACH);
  const auto* route = find_route(destination, kernel_.options.source_routing ? owner : nullptr);
  if (route == nullptr) return errno_error(ENETUNREACH);
  return Path{route->interface, source};
}

std::vector<net::Prefix> IpLayer::routes_by(const NetworkInterface& interface) const {
  std::vector<net::Prefix> found;
  for (const auto& route : routes_) {
    if (route.interface == &interface) found.push_back(route.to);
  }
  return found;
}

void IpLayer::receive(NetworkInterface& from, PacketPtr packet) {
  if (packet->corrupted) {
    ++checksum_errors_;
    return;
  }
  if (packet->destination.is_multicast() || owns(packet->destination)) {
    receiver_(from, std::move(packet));
  }
}

std::uint32_t IpLayer::mtu_to(const net::Address& destination,
                              const NetworkInterface& interface) const {
  if (path_mtus_.empty()) return interface.mtu();
  const auto found = path_mtus_.find(destination);
  if (found == path_mtus_.end() || found->second.until <= kernel_.now()) return interface.mtu();
  return std::min(found->second.mtu, interface.mtu());
}

void IpLayer::learn_mtu(const net::Address& destination, std::uint32_t mtu) {
  const auto least = destination.is_v6() ? kLeastMtuV6 : kLeastPathMtuV4;
  path_mtus_[destination] = {std::max(mtu, least), kernel_.now() + kPathMtuLife};
}

void IpLayer::send(NetworkInterface& interface, PacketPtr packet) {
  packet->measure(mtu_to(packet->destination, interface));
  interface.send(std::move(packet));
}

NetworkInterface& IpLayer::add_interface(std::string_view name, std::uint32_t mtu, bool loopback) {
  if (find_interface(name) != nullptr) {
    throw std::invalid_argument("host " + kernel_.host_name + " has two interfaces " +
                                std::string(name));
  }
  interfaces_.push_back(
      std::make_unique<NetworkInterface>(*this, std::string(name), next_index_++, mtu, loopback));
  changed();
  return *interfaces_.back();
}

void IpLayer::changed() {
  ++generation_;
  ++interface_generation_;
  if (changed_) changed_();
}

void IpLayer::set_up(NetworkInterface& interface, bool up) {
  if (std::exchange(interface.up_, up) != up) changed();
}

void IpLayer::set_carrier(NetworkInterface& interface, bool carrier) {
  if (std::exchange(interface.carrier_, carrier) != carrier) changed();
}

void IpLayer::set_plugged(NetworkInterface& interface, bool plugged) {
  if (std::exchange(interface.plugged_, plugged) == plugged) return;
  if (plugged) interface.index_ = next_index_++;
  changed();
}

void IpLayer::add_address(NetworkInterface& interface, const net::Prefix& address) {
  interface.configured_.push_back(address);
  routes_.push_back({address, &interface, 0});
  if (interface.claim_) interface.claim_(address.address);
  changed();
}

void IpLayer::remove_address(NetworkInterface& interface, const net::Address& address) {
  auto& own = interface.configured_;
  const auto found = std::find_if(own.begin(), own.end(),
                                  [&](const net::Prefix& each) { return each.address == address; });
  if (found == own.end()) {
    throw std::invalid_argument("interface " + interface.name() + " does not have " +
                                address.to_string());
  }
  std::erase_if(routes_, [&](const Route& route) {
    return route.interface == &interface && route.to == *found;
  });
  own.erase(found);
  changed();
}

void IpLayer::add_route(const net::Prefix& to, NetworkInterface& interface, std::uint32_t metric) {
  routes_.push_back({to, &interface, metric});
  ++generation_;
}

std::uint32_t IpLayer::remove_route(const net::Prefix& to, NetworkInterface& interface) {
  const auto found = std::find_if(routes_.begin(), routes_.end(), [&](const Route& route) {
    return route.interface == &interface && route.to == to;
  });
  if (found == routes_.end()) {
    throw std::invalid_argument("there is no route to " + net::to_string(to) + " by " +
                                interface.name());
  }
  const auto metric = found->metric;
  routes_.erase(found);
  ++generation_;
  return metric;
}

}  // namespace dispatch::sim
