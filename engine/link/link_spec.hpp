// Links as people write them:
//
//     eth0    192.0.2.7/3    [2001:db8::7]@2    eth0@2,max=100
//     socks5://user:password@proxy.example:1080@3,via=eth0
//     office=http://192.0.2.80:3128
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/config_error.hpp"
#include "engine/net/interfaces.hpp"
#include "engine/net/network.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::link {

struct LinkSpec {
  std::string target;  // an interface's name, an address without brackets, or a proxy's URL
                       // without credentials
  unsigned weight = 1;
  std::string name{};               // given to it; empty: the target
  std::size_t connections_max = 0;  // at a time; 0: no limit
  unsigned tier = 1;                // of the policy failover: the lower, the sooner it is used
  std::optional<Upstream> upstream{};
  std::string via{};  // the link to the proxy: an interface or an address; empty: any route
  // Where the proxy's password is to be read by who makes the links; at most one of these.
  std::string password_file{};
  std::string password_variable{};
  // Of https, whom to believe: the certificates in this file, or, where there is none, those that
  // the system believes; or anyone at all.
  std::string ca_file{};
  bool insecure = false;

  friend bool operator==(const LinkSpec&, const LinkSpec&) = default;
};

inline constexpr unsigned kWeightMax = 1'000'000;

// [NAME=]ADDRESS or [NAME=]PROTOCOL://[USER[:PASSWORD]@]HOST:PORT (see Upstream), then /WEIGHT or
// @WEIGHT, and ",OPTION=VALUE"s: max, tier, and of proxies via, password-file and password-env, and
// of https ca; ",insecure" and, of HTTP, ",tunnel" have no value. Throws net::ConfigError, without
// any password.
LinkSpec parse_link_spec(std::string_view text);

// Addresses of `interface` that connections may come from: no loopback, no link-local ones.
std::vector<net::Address> usable_addresses(const net::Interface& interface);

// An interface that a link can be made of: up, running, not loopback, with a usable address.
bool is_usable(const net::Interface& interface);

// The links that `specs` name on this host, in the same order; every usable interface, with weight
// 1, where `specs` is empty. An interface gives its first usable address of each family, and its
// sockets are bound to the device where the process may do so; an address gives itself, and the
// device that owns it. Throws net::ConfigError: no such interface, not an address of this host,
// given twice, nothing usable.
std::vector<std::unique_ptr<Link>> make_links(std::span<const LinkSpec> specs,
                                              std::span<const net::Interface> interfaces,
                                              net::Network& network);

}  // namespace dispatch::link
