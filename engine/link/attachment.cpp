#include "engine/link/attachment.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::link {
namespace {

// The device to bind to beside the source address. Not loopback's: its routes are never in doubt.
std::string device_of(const net::Interface* interface, const net::Network& network) {
  if (interface == nullptr || interface->loopback || !network.can_bind_to_device()) return {};
  return interface->name;
}

// Empty: nothing.
std::string what_ails(const net::Interface& interface) {
  if (!interface.up) return interface.name + " is down";
  if (!interface.running) return interface.name + " has no carrier";
  return {};
}

std::optional<net::Address> address_of(std::span<const net::Address> usable, net::Family family,
                                       const std::optional<net::Egress>& before) {
  if (before && before->source && std::ranges::find(usable, *before->source) != usable.end()) {
    return before->source;
  }
  const auto first = std::ranges::find_if(
      usable, [&](const net::Address& each) { return net::family_of(each) == family; });
  if (first == usable.end()) return std::nullopt;
  return *first;
}

Presence presence_of_interface(const Attachment& attachment, const Presence& before,
                               std::span<const net::Interface> interfaces,
                               const net::Network& network) {
  Presence presence;
  const auto named = std::ranges::find(interfaces, attachment.interface, &net::Interface::name);
  if (named == interfaces.end()) {
    presence.why_absent = fmt::format("there is no interface {}", attachment.interface);
    return presence;
  }
  presence.why_absent = what_ails(*named);
  if (!presence.why_absent.empty()) return presence;
  const auto usable = usable_addresses(*named);
  const auto device = device_of(&*named, network);
  for (const auto family : {net::Family::v4, net::Family::v6}) {
    if (const auto address = address_of(usable, family, before.egress(family))) {
      (family == net::Family::v6 ? presence.v6 : presence.v4) = net::Egress{*address, device};
    }
  }
  if (!presence.any()) {
    presence.why_absent = named->name + " has no address that connections can come from";
  }
  return presence;
}

}  // namespace

std::vector<net::Address> usable_addresses(const net::Interface& interface) {
  std::vector<net::Address> usable;
  if (interface.loopback) return usable;
  for (const auto& own : interface.addresses) {
    const auto& address = own.address;
    if (address.is_loopback() || address.is_unspecified() || net::is_link_local(address)) continue;
    usable.push_back(address);
  }
  return usable;
}

bool is_usable(const net::Interface& interface) {
  return interface.up && interface.running && !usable_addresses(interface).empty();
}

const net::Interface* owner_of(const net::Address& address,
                               std::span<const net::Interface> interfaces) {
  for (const auto& interface : interfaces) {
    for (const auto& own : interface.addresses) {
      if (own.address == address || (interface.loopback && own.contains(address)))
        return &interface;
    }
  }
  return nullptr;
}

Presence presence_of(const Attachment& attachment, const Presence& before,
                     std::span<const net::Interface> interfaces, const net::Network& network) {
  if (!attachment.address) return presence_of_interface(attachment, before, interfaces, network);
  Presence presence;
  const auto* owner = owner_of(*attachment.address, interfaces);
  if (owner == nullptr && !attachment.unlisted) {
    presence.why_absent =
        fmt::format("no interface has the address {}", attachment.address->to_string());
    return presence;
  }
  if (owner != nullptr) presence.why_absent = what_ails(*owner);
  if (!presence.why_absent.empty()) return presence;
  const net::Egress egress{*attachment.address, device_of(owner, network)};
  (attachment.address->is_v6() ? presence.v6 : presence.v4) = egress;
  return presence;
}

}  // namespace dispatch::link
