// Which way a target is reached: the user's rules, and those that stand by themselves.
//
// The first of the user's rules that fits counts. Behind them stand rules about this host, since a
// client could reach through the proxy what is open to the host alone:
//
// - Where a listener can be reached from elsewhere (expose()), targets on this host (loopback, the
//   addresses of its interfaces, 0.0.0.0 and ::, the names of RFC 6761 6.3), link-local, multicast
//   and broadcast addresses are refused.
// - Where none can, targets on this host and link-local ones go direct: no link leads to them.
//   (Targets on this host do not, where a link itself is of the loopback interface.)
//
// They yield only to a refusal, or to a rule that names the very range or the very name: a rule
// about ports, domains or everything is not meant to open the host. Everything else is dispatched.
//
// Names are compared as the client gave them. What a name resolves to is decided for each of its
// addresses (decide() with `resolved`), before it is dialled: so rules about ranges hold for names,
// and nobody's name server can make a name point into the host (DNS rebinding).
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/route_rule.hpp"
#include "engine/proxy/target.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::proxy {

enum class RouteError {
  refused = 1,   // a rule refuses the target; equivalent to permission_denied
  full,          // every link that could be used has all the connections that it may have at a time
  switched_off,  // people have switched every link off
  spent,         // every link that could be used has used its data cap
  target_full,   // as many connections to the target as there may be
};

const boost::system::error_category& route_category();
inline net::Error make_error_code(RouteError error) {
  return {static_cast<int>(error), route_category()};
}

struct Route {
  RouteAction action = RouteAction::dispatch;
  link::Link* link = nullptr;  // where it is fixed: the link of the rule, or direct()
  std::string_view why;        // the rule, as people are told; empty: no rule was needed

  friend bool operator==(const Route& a, const Route& b) {
    return a.action == b.action && a.link == b.link;
  }
};

class Routes {
 public:
  // Throws net::ConfigError where a rule names a link that is not in `links`.
  Routes(net::Runtime& runtime, link::LinkSet& links, std::vector<RouteRule> rules);
  Routes(const Routes&) = delete;
  Routes& operator=(const Routes&) = delete;

  // Other rules from now on. Routes that have been decided do not change, but what `why` refers to
  // goes. Throws net::ConfigError as the constructor does, and then nothing has changed.
  void replace(std::vector<RouteRule> rules);

  // A listener can be reached from other hosts.
  void expose() { exposed_ = true; }

  // The target as the client gave it. For a name, rules about ranges wait for its addresses: where
  // one of them could still save the name from being refused, this is the way to look it up.
  Route decide(const Target& target) const;

  // `resolved`, as an address of the target's name.
  Route decide(const Target& target, const net::Address& resolved) const;

  // Where it is not known yet who it will be (BIND for anyone): rules about all hosts count.
  Route decide_for_anyone(std::uint16_t port) const;

  link::Link& direct() const { return links_.direct(); }

  // Keeps the addresses of this host up to date, until it is cancelled.
  net::Task<void> follow_interfaces();

 private:
  struct Subject {
    std::string name;                     // canonical; empty: an address
    std::optional<net::Address> address;  // empty: not known yet
    std::uint16_t port = 0;
  };

  Route decide(const Subject& subject) const;
  bool fits(const RouteRule& rule, const Subject& subject) const;
  const RouteRule* first_fit(const Subject& subject) const;
  bool an_address_may_be_let_through(const Subject& subject, const RouteRule* before) const;
  std::optional<Route> rule_of_this_host(const Subject& subject) const;
  Route route_of(const RouteRule& rule) const;
  bool is_this_host(const Subject& subject) const;
  void list_interfaces();

  net::Runtime& runtime_;
  link::LinkSet& links_;
  std::vector<RouteRule> rules_{};
  std::vector<link::Link*> rule_links_;  // of each rule; null: it names none
  std::vector<net::Address> own_addresses_;
  bool links_reach_this_host_ = false;
  bool exposed_ = false;
};

}  // namespace dispatch::proxy

template <>
struct boost::system::is_error_code_enum<dispatch::proxy::RouteError> : std::true_type {};
