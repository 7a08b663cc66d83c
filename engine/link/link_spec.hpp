// Links as people write them:
//
//     eth0    192.0.2.7/3    [2001:db8::7]@2    eth0@2,max=100    usb0,later    auto
//     socks5://user:password@proxy.example:1080@3,via=eth0
//     office=http://192.0.2.80:3128
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/config_error.hpp"
#include "engine/net/interfaces.hpp"
#include "engine/net/network.hpp"
#include "engine/units/quantity.hpp"

#include <memory>
#include <optional>
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
  units::Rate full{};               // of the policy overflow: what it can carry; 0: to be learnt
  LinkLimits limits{};              // of rates and data
  std::optional<Upstream> upstream{};
  std::string via{};  // the link to the proxy: an interface or an address; empty: any route
  // Where the proxy's password is to be read by who makes the links; at most one of these.
  std::string password_file{};
  std::string password_variable{};
  // Of https, whom to believe: the certificates in this file, or, where there is none, those that
  // the system believes; or anyone at all.
  std::string ca_file{};
  bool insecure = false;
  // An interface or an address that this machine may not have yet.
  bool later = false;

  friend bool operator==(const LinkSpec&, const LinkSpec&) = default;
};

inline constexpr unsigned kWeightMax = 1'000'000;

// [NAME=]ADDRESS or [NAME=]PROTOCOL://[USER[:PASSWORD]@]HOST:PORT (see Upstream), then /WEIGHT or
// @WEIGHT, and ",OPTION=VALUE"s: max, tier, full, those of
// LimitOptions, and of proxies via, password-file and
// password-env, and of https ca; ",insecure" and, of HTTP, ",tunnel" have no value; nor has
// ",later" of an interface or an address. Throws net::ConfigError, without any password.
LinkSpec parse_link_spec(std::string_view text);

// "eth0": how its link is called.
const std::string& name_of(const LinkSpec& spec);

// Throws net::ConfigError where two of them have one name, and a user has given it: rules and
// reloads know links by their names.
void check_names(std::span<const LinkSpec> specs);

// Every usable interface, also those that come later, but for those that other links go by.
inline constexpr std::string_view kAutomatic = "auto";

// The one that says "auto", if any; no links at all mean the same.
std::optional<LinkSpec> automatic_spec(std::span<const LinkSpec> specs);

// The links that `specs` name on this host, in the same order. Their sockets leave as presence_of
// has it; links that are absent are there all the same. Throws net::ConfigError: no such interface,
// not an address of this host, given twice.
std::vector<std::unique_ptr<Link>> make_links(std::span<const LinkSpec> specs,
                                              std::span<const net::Interface> interfaces,
                                              net::Network& network);

// Those of `automatic` for interfaces that none of `others` goes by.
std::vector<std::unique_ptr<Link>> make_automatic_links(const LinkSpec& automatic,
                                                        std::span<Link* const> others,
                                                        std::span<const net::Interface> interfaces,
                                                        const net::Network& network);

}  // namespace dispatch::link
