// The links of one dispatcher, and the choice among them.
#pragma once

#include "engine/link/link.hpp"
#include "engine/link/policy/policy.hpp"
#include "engine/net/log.hpp"

#include <boost/asio/any_io_executor.hpp>

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

// What a connection needs of its link.
struct Need {
  Families families;  // of the target: the link has one of these at least
  net::TimePoint now;
  std::span<Link* const> tried{};  // not one of these again
  StickyKey key{};
  // Another link is being tried, and may yet do: a last resort is not for this.
  bool waits = false;
};

class LinkSet;

// Hears of changes for as long as it exists. To be destroyed on the executor that it hears them on.
class LinkWatch {
 public:
  using Changed = std::function<void(Link&)>;

 private:
  friend class LinkSet;
  LinkWatch(net::asio::any_io_executor executor, Changed changed)
      : executor_(std::move(executor)), changed_(std::move(changed)) {}

  net::asio::any_io_executor executor_;
  Changed changed_;
};

// A choice that the policy has made: spent, unless it is given back. As long as it exists the
// connection that it is for counts as one that is being made.
class Turn {
 public:
  Link& link() const { return dial_.link(); }

  // Spent: what is left is the connection.
  LinkDial dial() && { return std::move(dial_); }

  // Nothing came of it, and not through a fault of the link's. Once at most.
  void give_back();

  // The policy has others dialled at the same time (PolicyTraits::races).
  bool races() const { return policy_->traits().races; }

 private:
  friend class LinkSet;
  Turn(LinkSet& of, std::shared_ptr<Policy> policy, std::vector<Link*> candidates, const Need& need)
      : set_(&of),
        policy_(std::move(policy)),
        candidates_(std::move(candidates)),
        dial_(policy_->choose({candidates_, need.now, need.key})) {}

  LinkSet* set_;
  std::shared_ptr<Policy> policy_;
  std::vector<Link*> candidates_;
  LinkDial dial_;
};

// Shared by the event loops of a dispatcher, so that the shares hold over all of them: choosing is
// guarded by a mutex, and counting is atomic. A link has never more connections than its maximum:
// whether it is full is looked at, and a place taken, in one step.
//
// Links may be added while it is used, and retired. They live as long as the set does: connections
// refer to them.
class LinkSet {
 public:
  // A policy for each set of links that can carry the same targets: the shares hold among the
  // links with IPv4 by themselves, among those with IPv6, and among those with either.
  using MakePolicy = std::function<std::unique_ptr<Policy>()>;

  LinkSet(std::vector<std::unique_ptr<Link>> links, MakePolicy make_policy);

  // A link for the next connection: the policy's choice among those of the best health that are
  // enabled, not full, and what is needed. Empty where there is none.
  std::optional<Turn> take_turn(const Need& need);

  // The same among the links with an address of one of the families (Families::of_sockets).
  std::optional<Turn> take_socket_turn(const Need& need);

  // The same among the links that carry datagrams (Families::of_datagrams).
  std::optional<Turn> take_datagram_turn(const Need& need);

  // A connection of that very link, which takes no turn. Empty where it is full, or has spent its
  // data cap.
  std::optional<LinkDial> take_place(Link& link);

  // What the policy needs of those who take turns.
  PolicyTraits traits() const;

  // What is measured, for policies that choose by it: how long `link` took to connect or to send
  // the first byte of an answer; and how long a dial took that failed through the link's own fault.
  void answered(Link& link, net::Duration after, net::TimePoint now);
  void failed(Link& link, net::Duration after, net::TimePoint now);
  // Brings the rates up to date: to be called each kSampleInterval where the policy wants samples.
  void sample(net::TimePoint now);
  static constexpr net::Duration kSampleInterval = std::chrono::milliseconds(250);

  // Another one, for all turns from now on; what the old one has learnt of shares is forgotten.
  void set_policy(MakePolicy make_policy);

  // By the host's own routes: none of the links, and no choice falls on it, but what goes that way
  // is counted as theirs is.
  Link& direct() { return direct_; }

  // What has been seen of a link, by whoever has seen it. The new standing, where this changes it:
  // to be logged by the caller (see the function of that name).
  std::optional<Standing> observe(Link& link, const Evidence& evidence);
  // To be set before it is used.
  void set_health_options(HealthOptions options) { health_options_ = options; }
  const HealthOptions& health_options() const { return health_options_; }

  // Whom a probe of the link may ask: HealthTracker::peers, then who has answered any link last. Of
  // families that its sockets have.
  std::vector<net::Endpoint> probe_peers(const Link& link) const;

  // Each change is heard by those who watch.
  void set_standing(Link& link, Standing standing);
  void set_weight(Link& link, unsigned weight);  // not 0
  void set_enabled(Link& link, bool enabled);
  void set_limits(Link& link, const LinkLimits& limits, net::TimePoint now);
  // By the UsageKeeper. Heard by those who watch where it changes what the link may be used for.
  void set_cap_usage(Link& link, const std::optional<CapUsage>& usage);
  // Of the link to its proxy, where it has one. From `now` on.
  void set_presence(Link& link, const Presence& presence, net::TimePoint now);
  Link& add(std::unique_ptr<Link> link);
  // It is no longer listed, and never chosen again; its connections go on.
  void retire(Link& link);

  // `changed` is called from `executor`, soon after a link has changed: once at least for all the
  // changes before. Uses nothing of what it is called with once the watch is gone.
  [[nodiscard]] std::shared_ptr<LinkWatch> watch(net::asio::any_io_executor executor,
                                                 LinkWatch::Changed changed);

  // Whether there is a link that is to be used before this one.
  bool has_better(const Link& link) const;

  // Whether any link serves `family`.
  bool serves(net::Family family) const;
  // Whether any link that is enabled is absent: who knows what it will serve?
  bool has_absent() const;
  // Whether any link has an address of `family`.
  bool has_address(net::Family family) const;
  bool carries_datagrams() const;
  // Whether all links that are enabled have spent their data caps; not where none is enabled.
  bool all_spent() const;
  // Whether a link that has not been tried is a last resort.
  bool has_last_resort(std::span<Link* const> tried) const;
  // Whether people want any link used.
  bool any_enabled() const;

  // In the order in which they were given; those that are retired are not among them.
  std::vector<Link*> links() const;

 private:
  friend class Turn;

  template <typename Able>
  std::optional<Turn> take_turn_of(Able is_able, const Need& need);
  template <typename Able>
  bool any_link(Able is_able) const;
  void tell(Link& link);
  static bool store(Link& link, Standing standing);

  struct Entry {
    std::unique_ptr<Link> link;
    bool retired = false;
  };

  std::vector<Entry> links_;  // none is taken out
  Link direct_{"direct", 1};
  MakePolicy make_policy_;
  PolicyTraits traits_;  // of what it makes
  HealthOptions health_options_;
  std::optional<net::Endpoint> last_peer_;  // of any link; under the lock
  // Guards the entries, the policies, the watches, and that places are taken only where there are
  // some.
  mutable std::mutex choosing_;
  std::vector<std::weak_ptr<LinkWatch>> watches_;
  // By which of the links can be chosen at all, in their order.
  std::map<std::vector<bool>, std::shared_ptr<Policy>> policies_;
};

// LinkSet::observe, with the change in the log: once, by whoever has brought it about.
void observe(LinkSet& links, Link& link, const Evidence& evidence, net::Log& log);

}  // namespace dispatch::link
