#include "sim/host/network_interface.hpp"

#include "sim/host/ip_layer.hpp"

#include <algorithm>

namespace dispatch::sim {

bool NetworkInterface::has(const net::Address& address) const {
  if (!plugged_ || (address.is_v6() && !up_)) return false;
  return std::any_of(configured_.begin(), configured_.end(), [&](const net::Prefix& own) {
    // All of 127.0.0.0/8 is this host (RFC 1122 3.2.1.3).
    return own.address == address || (loopback_ && address.is_v4() && own.contains(address));
  });
}

std::vector<net::Prefix> NetworkInterface::addresses() const {
  std::vector<net::Prefix> present;
  for (const auto& own : configured_) {
    if (has(own.address)) present.push_back(own);
  }
  return present;
}

std::optional<net::Address> NetworkInterface::source_for(const net::Address& destination) const {
  const auto family = net::family_of(destination);
  std::optional<net::Address> same_scope;
  std::optional<net::Address> any;
  for (const auto& own : configured_) {
    if (net::family_of(own.address) != family || !has(own.address)) continue;
    if (own.contains(destination)) return own.address;
    if (!any) any = own.address;
    if (!same_scope && net::is_link_local(own.address) == net::is_link_local(destination)) {
      same_scope = own.address;
    }
  }
  return same_scope ? same_scope : any;
}

net::Interface NetworkInterface::describe() const {
  return {name_, index_, up_, up_ && carrier_, loopback_, mtu_, addresses()};
}

void NetworkInterface::send(PacketPtr packet) {
  if (usable() && carrier_ && out_ != nullptr) out_->send(std::move(packet));
}

void NetworkInterface::deliver(PacketPtr packet) {
  if (usable() && carrier_) ip_.receive(*this, std::move(packet));
}

}  // namespace dispatch::sim
