// Which way a host's packets go, and why: for who explains it to people.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"
#include "engine/net/network.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::net {

// What is decided of one packet.
struct RoutePath {
  std::string device;
  std::optional<Address> gateway{};  // none: the target is reached directly

  friend bool operator==(const RoutePath&, const RoutePath&) = default;
};

// A unicast route of one of the host's tables (Linux: 254 is main).
struct Route {
  Prefix to;
  std::string device;
  std::optional<Address> gateway{};
  std::uint32_t table = 254;

  bool is_default() const { return to.length == 0; }
};

// "Who comes from here is routed by that table."
struct RoutingRule {
  std::optional<Prefix> from{};  // none: everybody
  std::uint32_t table = 254;
};

// What a host does with IPv4 packets that come by another interface than answers to them would
// leave by (Linux: net.ipv4.conf.*.rp_filter).
enum class ReversePathFilter : std::uint8_t { off, strict, loose };

struct Routing {
  std::vector<Route> routes;
  std::vector<RoutingRule> rules;
};

// Of one host. No part of Runtime: nothing that serves connections asks for it.
class Router {
 public:
  virtual ~Router() = default;

  // The way that a packet to `to` would take from a socket that is bound to `egress`. Errors: the
  // kernel's (network_unreachable, host_unreachable, no_such_device).
  virtual Result<RoutePath> route_to(const Address& to, const Egress& egress) = 0;

  // The tables behind that, of both families.
  virtual Result<Routing> routing() = 0;

  // Of what comes by this interface.
  virtual ReversePathFilter reverse_path_filter(const std::string& device) = 0;
};

}  // namespace dispatch::net
