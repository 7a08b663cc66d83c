// Reaching a target through one of the links.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/address_race.hpp"
#include "engine/proxy/name_cache.hpp"
#include "engine/proxy/routes.hpp"
#include "engine/proxy/target.hpp"
#include "engine/proxy/target_places.hpp"

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::proxy {

struct DialOptions {
  net::Duration timeout = std::chrono::seconds(30);          // for all of it
  net::Duration attempt_timeout = std::chrono::seconds(10);  // for one address through one link
  // A link through which no connection stands after so long is helped by another one, and may still
  // win. None: see patience_with.
  std::optional<net::Duration> slow_attempt{};
  // Whether a name is asked for by the host's own routes where no link's servers answer.
  bool ask_by_any_route = true;
  HappyEyeballsOptions happy_eyeballs;
  NameCacheOptions names;
  std::vector<RouteRule> routes;  // see Routes
};

// How long a link is waited for before another one helps: twice what connecting through it is known
// to take, so that a far link keeps its share, but no less than 250 ms (as between the addresses of
// RFC 8305 5), and no more than 3 s. 1 s as long as nothing is known of it (RFC 6298 2.1).
net::Duration patience_with(const link::Link& link);

// What a connection is wanted for.
struct DialWish {
  // A request for an http URI: an upstream proxy that passes requests on is not asked for a tunnel.
  bool forwards = false;
  std::vector<link::Link*> without{};  // links whose turn it is not, unless a rule says so
  link::StickyKey key{};               // of connections that belong together
};

// An established connection and the link that it uses.
struct Dialed {
  // Where the connection comes from, as the target sees it: what an upstream proxy says of its own,
  // or this host's end.
  net::Endpoint local() const { return upstream_end ? *upstream_end : stream->local_endpoint(); }

  net::StreamPtr stream;
  link::LinkUse use;
  std::unique_ptr<net::Endpoint> upstream_end{};  // null: there is no such proxy
  // The other end is this proxy, which takes requests (DialWish::forwards), and not the target.
  const link::Upstream* takes_requests = nullptr;
  TargetPlaces::Place place{};  // among the target's connections
  bool was_dispatched = false;  // its link had its turn: no rule has fixed it, another one may help
};

// Whether there is a link beside `link` that has not been tried; not where that one has been
// before.
bool is_worth_another_link(const link::LinkSet& links, const link::Link& link,
                           const DialWish& wish);

// The policy's turn decides the link; the name is looked up and all its addresses are raced through
// that one link (AddressRace). Another link takes a turn, as well or instead, when this one fails
// for a reason that may be its own, or is slow, or is doubted (link::Health) while it is waited
// for. The first connection wins. What a dial shows of its links, the LinkSet hears
// (link::Evidence).
//
// Where a rule fixes the way (Routes), that way takes no turn, and no link helps it. Addresses of a
// name for which a rule says something else than for the name are tried as it says, at the same
// time.
//
// Through a link with an upstream proxy, the proxy's own addresses are raced, and then it is asked
// for the target, as the client named it: names are looked up there, and what they resolve to is
// not known here (but for SOCKS4, which takes addresses only). What goes wrong with the proxy is
// the link's failure; its word that the target refused is the target's.
//
// Turns are spent by links that connect or fail: one that is cut off because another link won
// before it was slow, or that had nothing to do since the name has no address for it, has its turn
// given back. Counters: `dials` counts links that made an attempt, not their addresses;
// `dial_failures` those that failed, or were slow and lost.
class Dialer {
 public:
  // Throws net::ConfigError: see Routes.
  Dialer(net::Runtime& runtime, link::LinkSet& links, DialOptions options);

  // Errors: the most telling one of all that was tried (MostTelling); timed_out;
  // address_family_not_supported where no link has a family of the target; RouteError::refused;
  // operation_aborted.
  net::Task<net::Result<Dialed>> dial(Target target, DialWish wish);
  // For a stream. (A default argument would be a temporary in an expression with co_await.)
  net::Task<net::Result<Dialed>> dial(Target target) { return dial(std::move(target), DialWish()); }

  // A connection to the upstream proxy of `link`, of which nothing has been asked yet. Errors: as
  // of a dial to it.
  net::Task<net::Result<net::StreamPtr>> reach_upstream(link::Link& link);

  // An upstream proxy of `link`'s, asked without a tunnel, refuses the user or the password.
  void refused_by(link::Link& link);

  const NameCache& names() const { return names_; }
  Routes& routes() { return routes_; }
  const Routes& routes() const { return routes_; }

  // For those who look up names and do not connect.
  NameCache& names() { return names_; }
  // What the target may have, as far as that is known and links have it.
  link::Families families_of(const Target& target) const;
  // Where links have the family and none of them may have another connection: why.
  net::Error why_none() const;
  // Where its name is asked for, if it has one: the first link's way first.
  std::vector<Way> ways_of(const Target& target, const link::Link& first) const;

 private:
  struct Dial;
  struct Lane;

  net::Task<void> direct_lanes(Dial& dial);
  void begin(Dial& dial);
  void open_lane(Dial& dial);
  bool waits_for_better(const Dial& dial) const;
  void enter(Dial& dial, Lane& lane);
  AddressUse use_of(Dial& dial, const Lane& lane, const net::Address& address);
  void detour(Dial& dial, const Route& route, const net::Address& address);
  net::Task<void> run_lane(Dial& dial, Lane& lane);
  net::Task<RaceResult> run_upstream_lane(Dial& dial, Lane& lane);
  net::Task<net::Result<net::Endpoint>> ask(Lane& lane, net::StreamPtr& stream, Target target);
  net::Task<net::Status> ask_upstream_of(Lane& lane, net::StreamPtr& stream, Target target);
  net::Task<net::Result<Target>> target_for_socks4(Dial& dial, Lane& lane);
  void tell_of_misfit(const link::Link& link, const net::Error& error);
  void judge(Dial& dial, Lane& lane);
  void settle_losers(Dial& dial, const Lane& winner);
  void tell_of_failure(Lane& lane);
  void tell_of_race(Dial& dial, const Lane& winner);
  void link_changed(link::Link& link);
  net::Duration patience(const link::Link& link) const;
  void credit(const Lane& lane);
  void blame(Lane& lane);
  void end_at_deadline(Dial& dial);
  link::Families served_families() const;
  Way way_of(const link::Link& link) const;
  void log_refusal(const std::string& what, const Route& route) const;

  net::Runtime& runtime_;
  link::LinkSet& links_;
  DialOptions options_;
  NameCache names_;
  Routes routes_;
  std::vector<const link::Link*> misfits_;  // of which people have been told
  std::list<Dial*> dials_;                  // under way: each takes itself off
  std::shared_ptr<link::LinkWatch> watch_;
};

}  // namespace dispatch::proxy
