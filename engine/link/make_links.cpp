#include "engine/link/link_spec.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::link {
namespace {

using net::ConfigError;

// "10.0.0.1, 10.0.0.2 and 10.0.0.3"
std::string enumeration(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return text;
}

// Levenshtein distance, for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

[[noreturn]] void throw_unknown(const std::string& target,
                                std::span<const net::Interface> interfaces) {
  std::vector<std::string> names;
  const net::Interface* nearest = nullptr;
  // At most every second letter differs: 'eht0' may mean 'eth0', 'foo' does not mean 'lo'.
  std::size_t nearest_distance = target.size() / 2 + 1;
  for (const auto& interface : interfaces) {
    names.push_back(interface.name);
    if (const auto distance = edit_distance(target, interface.name); distance < nearest_distance) {
      nearest = &interface;
      nearest_distance = distance;
    }
  }
  if (nearest != nullptr) {
    throw ConfigError(fmt::format(
        "'{}' is neither an address nor an interface of this machine; did you mean '{}'?", target,
        nearest->name));
  }
  throw ConfigError(
      fmt::format("'{}' is neither an address nor an interface of this machine (it has {})", target,
                  enumeration(names)));
}

const net::Interface* owner_of(const net::Address& address,
                               std::span<const net::Interface> interfaces) {
  for (const auto& interface : interfaces) {
    for (const auto& own : interface.addresses) {
      // All of 127.0.0.0/8 is the loopback interface's (RFC 1122 3.2.1.3).
      if (own.address == address || (interface.loopback && own.contains(address)))
        return &interface;
    }
  }
  return nullptr;
}

// The device to bind to beside the source address. Not loopback's: its routes are never in doubt.
std::string device_of(const net::Interface* interface, const net::Network& network) {
  if (interface == nullptr || interface->loopback || !network.can_bind_to_device()) return {};
  return interface->name;
}

std::unique_ptr<Link> make_link(const LinkSpec& spec) {
  auto link = std::make_unique<Link>(spec.name.empty() ? spec.target : spec.name, spec.weight);
  link->set_connections_max(spec.connections_max);
  link->set_tier(spec.tier);
  return link;
}

std::unique_ptr<Link> interface_link(const LinkSpec& spec, const net::Interface& interface,
                                     const net::Network& network) {
  auto link = make_link(spec);
  bool any = false;
  for (const auto& address : usable_addresses(interface)) {
    const auto family = net::family_of(address);
    if (link->egress(family)) continue;
    link->set_egress(family, net::Egress{address, device_of(&interface, network)});
    any = true;
  }
  if (!any) {
    throw ConfigError(
        fmt::format("the interface '{}' has no address that connections can come from{}",
                    interface.name, interface.up ? "" : ": it is down"));
  }
  return link;
}

std::unique_ptr<Link> address_link(const LinkSpec& spec, const net::Address& address,
                                   std::span<const net::Interface> interfaces,
                                   net::Network& network) {
  if (address.is_unspecified() || address.is_multicast()) {
    throw ConfigError(
        fmt::format("'{}' is not an address that connections can come from", spec.target));
  }
  if (net::is_link_local(address)) {
    throw ConfigError(fmt::format(
        "'{}' is a link-local address: the internet cannot be reached from it", spec.target));
  }
  // Asked of the kernel, which knows best (127.0.0.2, non-local binding, ...).
  net::DatagramOptions probe;
  probe.local = {address, 0};
  if (const auto bound = network.open_datagram(probe); !bound) {
    throw ConfigError(
        fmt::format("'{}' is not an address of this machine ({}); see 'dispatch list'", spec.target,
                    bound.error().message()));
  }
  auto link = make_link(spec);
  link->set_egress(net::family_of(address),
                   net::Egress{address, device_of(owner_of(address, interfaces), network)});
  return link;
}

std::unique_ptr<Link> local_link(const LinkSpec& spec, std::span<const net::Interface> interfaces,
                                 net::Network& network) {
  const auto same_name = [&](const net::Interface& each) { return each.name == spec.target; };
  const auto named = std::find_if(interfaces.begin(), interfaces.end(), same_name);
  if (named != interfaces.end()) return interface_link(spec, *named, network);
  const auto address = net::parse_address(spec.target);
  if (!address) throw_unknown(spec.target, interfaces);
  return address_link(spec, *address, interfaces, network);
}

std::unique_ptr<Link> upstream_link(const LinkSpec& spec,
                                    std::span<const net::Interface> interfaces,
                                    net::Network& network) {
  if (spec.upstream->protocol == UpstreamProtocol::https && !spec.upstream->tls) {
    throw ConfigError(
        fmt::format("'{}': it is not known whose certificates to believe", spec.target));
  }
  auto link = make_link(spec);
  LinkSpec way;
  way.target = spec.via;
  auto via =
      spec.via.empty() ? std::make_unique<Link>("any", 1) : local_link(way, interfaces, network);
  if (spec.via.empty()) {
    for (const auto family : {net::Family::v4, net::Family::v6}) {
      via->set_egress(family, net::kAnyEgress);
    }
  }
  link->set_upstream(*spec.upstream, std::move(via));
  return link;
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

std::vector<std::unique_ptr<Link>> make_links(std::span<const LinkSpec> specs,
                                              std::span<const net::Interface> interfaces,
                                              net::Network& network) {
  std::vector<std::unique_ptr<Link>> links;
  for (const auto& spec : specs) {
    auto link = spec.upstream ? upstream_link(spec, interfaces, network)
                              : local_link(spec, interfaces, network);
    for (const auto& earlier : links) {
      if (earlier->name() == link->name() && link->upstream()) {
        throw ConfigError(fmt::format(
            "'{}' is given twice: name it once, or give each a name of its own: NAME={}",
            link->name(), spec.target));
      }
      for (const auto family : {net::Family::v4, net::Family::v6}) {
        if (!link->egress(family) || !earlier->egress(family)) continue;
        if (link->egress(family)->source != earlier->egress(family)->source) continue;
        throw ConfigError(fmt::format("'{}' and '{}' are the same way out ({}): name it once",
                                      earlier->name(), link->name(),
                                      link->egress(family)->source->to_string()));
      }
    }
    links.push_back(std::move(link));
  }
  if (specs.empty()) {
    for (const auto& interface : interfaces) {
      if (!is_usable(interface)) continue;
      links.push_back(interface_link({interface.name, 1}, interface, network));
    }
    if (links.empty()) {
      throw ConfigError(
          "no interface of this machine has an address to dispatch to; see 'dispatch list', or "
          "name "
          "an address");
    }
  }
  return links;
}

}  // namespace dispatch::link
