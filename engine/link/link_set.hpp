// The links of one dispatcher, and the choice among them.
#pragma once

#include "engine/link/link.hpp"
#include "engine/link/policy.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace dispatch::link {

// A set of address families.
struct Families {
  bool v4 = false;
  bool v6 = false;

  static Families of(net::Family family) {
    return {family == net::Family::v4, family == net::Family::v6};
  }
  static Families of(const Link& link) {
    return {link.serves(net::Family::v4), link.serves(net::Family::v6)};
  }
  // Of sockets of this host's own, which no proxy carries: BIND.
  static Families of_sockets(const Link& link) {
    return {link.egress(net::Family::v4).has_value(), link.egress(net::Family::v6).has_value()};
  }

  // Of datagrams, which SOCKS5 proxies carry (RFC 1928 7).
  static Families of_datagrams(const Link& link) {
    const auto& proxy = link.upstream();
    if (!proxy) return of_sockets(link);
    const bool carries = proxy->protocol == UpstreamProtocol::socks5;
    return {carries, carries};
  }

  bool has(net::Family family) const { return family == net::Family::v6 ? v6 : v4; }
  bool any() const { return v4 || v6; }
  Families operator&(Families other) const { return {v4 && other.v4, v6 && other.v6}; }
  Families without(Families other) const { return {v4 && !other.v4, v6 && !other.v6}; }

  friend bool operator==(const Families&, const Families&) = default;
};

class LinkSet;

// A choice that the policy has made: spent, unless it is given back. As long as it exists the
// connection that it is for counts as one that is being made.
class Turn {
 public:
  Link& link() const { return dial_.link(); }

  // Spent: what is left is the connection.
  LinkDial dial() && { return std::move(dial_); }

  // Nothing came of it, and not through a fault of the link's. Once at most.
  void give_back();

 private:
  friend class LinkSet;
  Turn(LinkSet& of, Policy& policy, std::vector<Link*> candidates)
      : set_(&of),
        policy_(&policy),
        candidates_(std::move(candidates)),
        dial_(policy.choose(candidates_)) {}

  LinkSet* set_;
  Policy* policy_;
  std::vector<Link*> candidates_;
  LinkDial dial_;
};

// Shared by the event loops of a dispatcher, so that the shares hold over all of them: choosing is
// guarded by a mutex, and counting is atomic. A link has never more connections than its maximum:
// whether it is full is looked at, and a place taken, in one step.
class LinkSet {
 public:
  // A policy for each set of links that can carry the same targets: the shares hold among the
  // links with IPv4 by themselves, among those with IPv6, and among those with either.
  using MakePolicy = std::function<std::unique_ptr<Policy>()>;

  LinkSet(std::vector<std::unique_ptr<Link>> links, MakePolicy make_policy);

  // A link for the next connection to a target that has addresses of `families`: it serves one of
  // these at least, is not full, and is not one of `tried`. Empty where there is none.
  std::optional<Turn> take_turn(Families families, std::span<Link* const> tried = {});

  // The same among the links with an address of one of `families` (Families::of_sockets).
  std::optional<Turn> take_socket_turn(Families families, std::span<Link* const> tried = {});

  // The same among the links that carry datagrams (Families::of_datagrams).
  std::optional<Turn> take_datagram_turn(Families families, std::span<Link* const> tried = {});

  // A connection of that very link, which takes no turn. Empty where it is full.
  std::optional<LinkDial> take_place(Link& link);

  // By the host's own routes: none of the links, and no choice falls on it, but what goes that way
  // is counted as theirs is.
  Link& direct() { return direct_; }

  // Whether any link serves `family`.
  bool serves(net::Family family) const;
  // Whether any link has an address of `family`.
  bool has_address(net::Family family) const;
  bool carries_datagrams() const;

  const std::vector<std::unique_ptr<Link>>& links() const { return links_; }

 private:
  friend class Turn;

  template <typename Able>
  std::optional<Turn> take_turn_of(Able is_able, std::span<Link* const> tried);

  std::vector<std::unique_ptr<Link>> links_;
  Link direct_{"direct", 1};
  MakePolicy make_policy_;
  std::mutex choosing_;  // guards the policies, and that places are taken only where there are some
  // By which of the links can be chosen at all, in their order.
  std::map<std::vector<bool>, std::unique_ptr<Policy>> policies_;
};

}  // namespace dispatch::link
