#include "engine/fleet/address_finder.hpp"

#include <algorithm>

namespace dispatch::fleet {
namespace {

bool is_global_v6(const net::Address& address) {
  return address.is_v6() && (address.to_v6().to_bytes()[0] & 0xe0) == 0x20;
}

bool is_offered(const net::Interface& interface, const net::Address& address, bool automatic) {
  if (address.is_unspecified() || address.is_multicast()) return false;
  if (net::is_link_local(address)) return false;
  if (!automatic) return true;
  return !interface.loopback && !address.is_loopback() &&
         (address.is_v4() || is_global_v6(address));
}

}  // namespace

std::vector<std::string> find_addresses(const AddressChoice& choice,
                                        const std::vector<net::Interface>& interfaces) {
  std::vector<std::string> found;
  const auto add = [&](std::string text, net::Family family) {
    if (family == net::Family::v4 ? !choice.ipv4 : !choice.ipv6) return;
    if (std::ranges::find(found, text) == found.end()) found.push_back(std::move(text));
  };
  for (const auto& each : choice.addresses) add(net::to_string(each), net::family_of(each));
  const bool automatic = choice.is_automatic();
  for (const auto& interface : interfaces) {
    const bool chosen = automatic || std::ranges::find(choice.interfaces, interface.name) !=
                                         choice.interfaces.end();
    if (!chosen || !interface.up) continue;
    for (const auto& prefix : interface.addresses) {
      const auto address = net::without_scope(prefix.address);
      if (!is_offered(interface, address, automatic)) continue;
      add(net::to_string(address), net::family_of(address));
    }
  }
  for (const auto& each : choice.prefixes) add(net::to_string(each), net::family_of(each.address));
  return found;
}

}  // namespace dispatch::fleet
