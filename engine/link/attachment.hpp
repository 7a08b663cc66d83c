// What of this host a link goes by, and what that comes to at the moment.
#pragma once

#include "engine/net/interfaces.hpp"
#include "engine/net/network.hpp"

#include <optional>
#include <span>
#include <string>

namespace dispatch::link {

// An interface, whatever addresses it has; or one address, whichever interface has it.
struct Attachment {
  std::string interface {};  // its name; empty: by address
  std::optional<net::Address> address{};
  // No interface has the address, and yet the kernel lets sockets be bound to it (a route of type
  // local, ip_nonlocal_bind): there is nothing to follow.
  bool unlisted = false;
  // Made because the interface was there, not because it was named: goes when the interface goes.
  bool automatic = false;

  friend bool operator==(const Attachment&, const Attachment&) = default;
};

// How sockets leave by an attachment now.
struct Presence {
  std::optional<net::Egress> v4{};
  std::optional<net::Egress> v6{};
  std::string why_absent{};  // where there is neither: "eth0 has no carrier"

  const std::optional<net::Egress>& egress(net::Family family) const {
    return family == net::Family::v6 ? v6 : v4;
  }
  bool any() const { return v4 || v6; }

  friend bool operator==(const Presence&, const Presence&) = default;
};

// Addresses of `interface` that connections may come from: no loopback, no link-local ones.
std::vector<net::Address> usable_addresses(const net::Interface& interface);

// An interface that a link can be made of: up, running, not loopback, with a usable address.
bool is_usable(const net::Interface& interface);

// Null: none of them has it. All of 127.0.0.0/8 is the loopback interface's (RFC 1122 3.2.1.3).
const net::Interface* owner_of(const net::Address& address,
                               std::span<const net::Interface> interfaces);

// An interface gives one address of each family: that of `before` as long as it has it, else its
// first usable one. One that is down or has no carrier gives none: its addresses and routes stay,
// but nothing would come of a connection. Sockets are bound to the device where the process may do
// so (Network::can_bind_to_device).
Presence presence_of(const Attachment& attachment, const Presence& before,
                     std::span<const net::Interface> interfaces, const net::Network& network);

}  // namespace dispatch::link
