// The source addresses that an agent offers.
#pragma once

#include "engine/net/interfaces.hpp"

#include <string>
#include <vector>

namespace dispatch::fleet {

struct AddressChoice {
  std::vector<net::Address> addresses;  // these, whether or not an interface has them now
  std::vector<std::string> interfaces;  // all of these
  std::vector<net::Prefix> prefixes;    // any address of these (with freebind, IP_FREEBIND)
  bool ipv4 = true;
  bool ipv6 = true;

  // Nothing is given: what find_addresses takes of all interfaces.
  bool is_automatic() const { return addresses.empty() && interfaces.empty() && prefixes.empty(); }
};

// The chosen addresses, in the order of the interfaces, each once. Of interfaces: those that are
// up, and no loopback, no link-local addresses; and, where all interfaces are taken, of IPv6 only
// global unicast ones (2000::/3, RFC 4291 2.4), which other hosts can answer.
std::vector<std::string> find_addresses(const AddressChoice& choice,
                                        const std::vector<net::Interface>& interfaces);

}  // namespace dispatch::fleet
