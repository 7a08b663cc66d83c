// Whether the system routes a link's packets out by the link, and what would make it.
//
// The classic: two interfaces with a default route each. The kernel chooses a route by the target
// alone, so that packets from the address of one interface leave by the other one, unless a rule
// says otherwise (policy routing) or the socket is bound to the device. And where it is, a strict
// filter of reverse paths drops the answers.
#pragma once

#include "engine/net/interfaces.hpp"
#include "engine/net/routing.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::link {

enum class Severity : std::uint8_t { warning, failure };

// Something wrong with a link, and what would put it right.
struct Finding {
  Severity severity = Severity::failure;
  std::string what;                     // one line
  std::vector<std::string> commands{};  // for root, in this order; GATEWAY where it is not known

  friend bool operator==(const Finding&, const Finding&) = default;
};

// What is known of one address of a link.
struct RouteFacts {
  net::Address source;
  std::string device;            // the interface that has the address
  bool bound_to_device = false;  // the link's sockets are
  // The way to a target from the source, and the same for sockets bound to the device; none: there
  // is no route.
  std::optional<net::RoutePath> by_source{};
  std::optional<net::RoutePath> by_device{};
  net::ReversePathFilter filter = net::ReversePathFilter::off;
  net::Address target;
};

// Of all links one after the other, so that no two get the same table.
class RouteAdvisor {
 public:
  RouteAdvisor(net::Routing routing, std::vector<net::Interface> interfaces);

  std::vector<Finding> judge(const RouteFacts& facts);

 private:
  std::optional<Finding> judge_device(const RouteFacts& facts);
  std::optional<Finding> judge_gateway(const RouteFacts& facts);
  std::vector<std::string> device_route(const RouteFacts& facts) const;
  std::vector<std::string> policy_route(const RouteFacts& facts);
  std::string way_out(const RouteFacts& facts) const;
  const net::Prefix* prefix_of(const net::Address& source) const;
  std::uint32_t free_table();

  net::Routing routing_;
  std::vector<net::Interface> interfaces_;
  std::uint32_t next_table_ = 101;
};

}  // namespace dispatch::link
