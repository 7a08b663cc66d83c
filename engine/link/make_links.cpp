#include "engine/link/link_spec.hpp"

#include <boost/asio/ip/network_v4.hpp>
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

std::unique_ptr<Link> make_link(const LinkSpec& spec) {
  auto link = std::make_unique<Link>(name_of(spec), spec.weight);
  link->set_connections_max(spec.connections_max);
  link->set_tier(spec.tier);
  link->set_limits(spec.limits, {});
  link->set_full_rate(static_cast<double>(spec.full.bits_per_second) / 8);
  return link;
}

// What it has no address for is told by the link's standing: addresses may come.
void attach(Link& link, Attachment attachment, std::span<const net::Interface> interfaces,
            const net::Network& network) {
  link.set_presence(presence_of(attachment, {}, interfaces, network), {});
  link.attach(std::move(attachment));
}

bool goes_by(const Link& link, const net::Interface& interface,
             std::span<const net::Interface> interfaces) {
  const auto& attachment = link.attachment();
  if (!attachment) return false;
  if (!attachment->address) return attachment->interface == interface.name;
  return owner_of(*attachment->address, interfaces) == &interface;
}

std::unique_ptr<Link> interface_link(const LinkSpec& spec,
                                     std::span<const net::Interface> interfaces,
                                     const net::Network& network) {
  auto link = make_link(spec);
  attach(*link, {spec.target}, interfaces, network);
  return link;
}

// Of all networks, or of one that this host is in. The kernel lets datagrams be bound to it.
bool is_broadcast(const net::Address& address, std::span<const net::Interface> interfaces) {
  constexpr std::uint8_t kPointToPoint = 31;  // RFC 3021
  if (address == net::Address(net::AddressV4::broadcast())) return true;
  return std::ranges::any_of(interfaces, [&](const net::Interface& interface) {
    return std::ranges::any_of(interface.addresses, [&](const net::Prefix& own) {
      if (!address.is_v4() || !own.address.is_v4() || own.length >= kPointToPoint) return false;
      const net::asio::ip::network_v4 network(own.address.to_v4(), own.length);
      return own.address != address && network.broadcast() == address.to_v4();
    });
  });
}

std::unique_ptr<Link> address_link(const LinkSpec& spec, const net::Address& address,
                                   std::span<const net::Interface> interfaces,
                                   net::Network& network) {
  if (address.is_unspecified() || address.is_multicast() || is_broadcast(address, interfaces)) {
    throw ConfigError(
        fmt::format("'{}' is not an address that connections can come from", spec.target));
  }
  if (net::is_link_local(address)) {
    throw ConfigError(fmt::format(
        "'{}' is a link-local address: the internet cannot be reached from it", spec.target));
  }
  Attachment attachment{{}, address};
  attachment.unlisted = owner_of(address, interfaces) == nullptr && !spec.later;
  if (attachment.unlisted) {
    // Asked of the kernel, which knows best (127.0.0.2, non-local binding, ...).
    net::DatagramOptions probe;
    probe.local = {address, 0};
    if (const auto bound = network.open_datagram(probe); !bound) {
      throw ConfigError(
          fmt::format("'{}' is not an address of this machine ({}); see 'dispatch list'; or, if it "
                      "will have it later: {},later",
                      spec.target, bound.error().message(), spec.target));
    }
  }
  auto link = make_link(spec);
  attach(*link, std::move(attachment), interfaces, network);
  return link;
}

std::unique_ptr<Link> local_link(const LinkSpec& spec, std::span<const net::Interface> interfaces,
                                 net::Network& network) {
  const auto named = std::ranges::find(interfaces, spec.target, &net::Interface::name);
  if (named != interfaces.end() && named->loopback) {
    throw ConfigError(fmt::format(
        "'{}' is the loopback interface: no connection leaves this machine by it", spec.target));
  }
  const auto address = net::parse_address(spec.target);
  if (named != interfaces.end() || (spec.later && !address)) {
    return interface_link(spec, interfaces, network);
  }
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

std::vector<std::unique_ptr<Link>> make_links(std::span<const LinkSpec> specs,
                                              std::span<const net::Interface> interfaces,
                                              net::Network& network) {
  check_names(specs);
  std::vector<std::unique_ptr<Link>> links;
  for (const auto& spec : specs) {
    if (spec.target == kAutomatic) continue;
    auto link = spec.upstream ? upstream_link(spec, interfaces, network)
                              : local_link(spec, interfaces, network);
    for (const auto& earlier : links) {
      for (const auto family : {net::Family::v4, net::Family::v6}) {
        if (!link->egress(family) || !earlier->egress(family)) continue;
        if (link->egress(family)->source != earlier->egress(family)->source) continue;
        throw ConfigError(fmt::format("'{}' and '{}' are the same way out ({}): name it once",
                                      earlier->name(), link->name(),
                                      link->egress(family)->source->to_string()));
      }
      if (link->attachment() && link->attachment() == earlier->attachment()) {
        throw ConfigError(fmt::format("'{}' and '{}' are the same way out: name it once",
                                      earlier->name(), link->name()));
      }
    }
    links.push_back(std::move(link));
  }
  if (const auto automatic = automatic_spec(specs)) {
    std::vector<Link*> others;
    for (const auto& link : links) others.push_back(link.get());
    for (auto& link : make_automatic_links(*automatic, others, interfaces, network)) {
      links.push_back(std::move(link));
    }
  }
  return links;
}

std::optional<LinkSpec> automatic_spec(std::span<const LinkSpec> specs) {
  if (specs.empty()) return LinkSpec{std::string(kAutomatic)};
  const auto found = std::ranges::find(specs, kAutomatic, &LinkSpec::target);
  if (found == specs.end()) return std::nullopt;
  return *found;
}

std::vector<std::unique_ptr<Link>> make_automatic_links(const LinkSpec& automatic,
                                                        std::span<Link* const> others,
                                                        std::span<const net::Interface> interfaces,
                                                        const net::Network& network) {
  std::vector<std::unique_ptr<Link>> links;
  for (const auto& interface : interfaces) {
    if (!is_usable(interface)) continue;
    const bool taken = std::ranges::any_of(others, [&](const Link* other) {
      return !other->upstream() && goes_by(*other, interface, interfaces);
    });
    if (taken) continue;
    auto spec = automatic;
    spec.target = interface.name;
    auto link = make_link(spec);
    attach(*link, {interface.name, {}, false, true}, interfaces, network);
    links.push_back(std::move(link));
  }
  return links;
}

}  // namespace dispatch::link
