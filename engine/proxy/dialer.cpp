#include "engine/proxy/dialer.hpp"

#include "engine/proxy/dial_error.hpp"
#include "engine/proxy/dialer_lanes.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace dispatch::proxy {

using net::Error;
using net::Family;
using net::ResolveError;
using net::Result;
using net::Task;
using net::TimePoint;
namespace errc = boost::system::errc;

namespace {

// Time for a first SYN that was lost to be sent again (after a second), and be answered.
constexpr net::Duration kLastResortPatience = std::chrono::milliseconds(1500);

// No link leads to many hosts by TCP, and that is no fault of any.
bool is_many(const net::Address& address) {
  return address.is_multicast() || address == net::Address(net::AddressV4::broadcast());
}

Error why_no_place(const link::Link& link) {
  return link.allowance() == link::Allowance::spent ? RouteError::spent : RouteError::full;
}

}  // namespace

Dialer::Lane::Lane(Dialer& dialer, Dial& dial, Target to, link::Families families, link::Link& by,
                   std::optional<link::Turn> of, std::optional<link::LinkDial> its)
    : target(std::move(to)),
      raced(by.upstream() ? Target{by.upstream()->host, by.upstream()->port} : target),
      link(by),
      turn(std::move(of)),
      place(std::move(its)),
      opened_at(dialer.runtime_.clock().now()),
      patience(dialer.patience(by)),
      race(dialer.runtime_, dialer.names_, by.upstream() ? by.via() : by, raced,
           by.upstream() ? link::Families{true, true} : families,
           dialer.ways_of(raced, by.upstream() ? by.via() : by),
           {dialer.options_.attempt_timeout, dialer.options_.happy_eyeballs, &by.counters()},
           // An upstream proxy is where the user says, whatever the rules for targets.
           [this, &dialer, &dial](const net::Address& address) {
             return link.upstream() ? AddressUse::here : dialer.use_of(dial, *this, address);
           }),
      takes_requests(dial.forwards && by.upstream() && by.upstream()->takes_requests()) {}

void Dialer::Dial::hasten(const link::Link& link, TimePoint now) {
  const auto works_on = [&](const Lane& lane) { return lane.is_running() && &lane.link == &link; };
  if (running != 1 || std::none_of(lanes.begin(), lanes.end(), works_on)) return;
  next_lane_at = std::min(next_lane_at, now);
  race.tell();
}

Dialer::Dialer(net::Runtime& runtime, link::LinkSet& links, DialOptions options)
    : runtime_(runtime),
      links_(links),
      options_(std::move(options)),
      names_(runtime, options_.names),
      routes_(runtime, links, options_.routes),
      watch_(links.watch(runtime.executor(), [this](link::Link& link) { link_changed(link); })) {}

net::Duration patience_with(const link::Link& link) {
  constexpr net::Duration kLeast = std::chrono::milliseconds(250);
  constexpr net::Duration kUnknown = std::chrono::seconds(1);
  constexpr net::Duration kMost = std::chrono::seconds(3);
  const auto known = link.connect_time();
  if (known == net::Duration::zero()) return kUnknown;
  return std::clamp(2 * known, kLeast, kMost);
}

bool is_worth_another_link(const link::LinkSet& links, const link::Link& link,
                           const DialWish& wish) {
  const auto& tried = wish.without;
  if (std::find(tried.begin(), tried.end(), &link) != tried.end()) return false;
  const auto all = links.links();
  return std::any_of(all.begin(), all.end(), [&](const auto* each) {
    return each != &link && std::find(tried.begin(), tried.end(), each) == tried.end();
  });
}

net::Duration Dialer::patience(const link::Link& link) const {
  return options_.slow_attempt ? *options_.slow_attempt : patience_with(link);
}

// Whoever waits for a link that is in doubt now need not wait for his patience to end.
void Dialer::link_changed(link::Link& link) {
  if (link.health() == link::Health::up) return;
  for (auto* dial : dials_) dial->hasten(link, runtime_.clock().now());
}

Task<Result<Dialed>> Dialer::dial(Target target, DialWish wish) {
  if (auto* address = std::get_if<net::Address>(&target.host)) *address = net::unmapped(*address);
  const auto now = runtime_.clock().now();
  Dial dial(*this, target, std::move(wish), now, now + options_.timeout);
  begin(dial);
  co_await direct(dial.race, direct_lanes(dial));
  if (dial.winner) co_return std::move(*dial.winner);
  co_return dial.ended ? *dial.ended : dial.failure.error();
}

Task<void> Dialer::direct_lanes(Dial& dial) {
  for (;;) {
    for (auto& lane : dial.lanes) {
      if (lane.result && !lane.judged) judge(dial, lane);
      if (dial.winner || dial.ended) co_return;
    }
    const auto now = runtime_.clock().now();
    if (now >= dial.deadline) {
      end_at_deadline(dial);
      co_return;
    }
    if (dial.more_lanes && now >= dial.next_lane_at) {
      open_lane(dial);
      continue;
    }
    if (dial.running == 0) co_return;
    const auto wake = dial.more_lanes ? std::min(dial.deadline, dial.next_lane_at) : dial.deadline;
    if (const auto error = co_await dial.race.news(wake)) {
      dial.ended = error;
      co_return;
    }
  }
}

void Dialer::begin(Dial& dial) {
  const auto route = routes_.decide(dial.target);
  const auto* literal = std::get_if<net::Address>(&dial.target.host);
  dial.families = families_of(dial.target);
  if (literal != nullptr && is_many(*literal) && route.action != RouteAction::refuse) {
    dial.more_lanes = false;
    dial.ended = errc::make_error_code(errc::network_unreachable);
    return;
  }
  if (route.action == RouteAction::dispatch) return;
  dial.more_lanes = false;
  if (route.action == RouteAction::refuse) {
    log_refusal(to_string(dial.target), route);
    dial.ended = RouteError::refused;
    return;
  }
  runtime_.log().debug("{} goes through {}: {}", to_string(dial.target), route.link->name(),
                       route.why);
  const auto families = literal != nullptr ? dial.families : link::Families{true, true};
  if (!(families & link::Families::of(*route.link)).any()) {
    if (route.link->is_absent()) {
      dial.failure.add(errc::make_error_code(errc::network_unreachable));
    }
    return;  // not supported
  }
  auto place = links_.take_place(*route.link);
  if (!place) {
    dial.failure.add(why_no_place(*route.link));
    return;
  }
  auto& lane = dial.lanes.emplace_back(*this, dial, dial.target, families, *route.link,
                                       std::nullopt, std::move(place));
  enter(dial, lane);
}

void Dialer::open_lane(Dial& dial) {
  link::Need need{dial.families, runtime_.clock().now(), dial.tried, dial.key};
  need.waits = waits_for_better(dial);
  auto turn = links_.take_turn(need);
  if (!turn && need.waits && links_.has_last_resort(dial.tried)) {
    dial.next_lane_at = dial.lanes.front().opened_at + kLastResortPatience;
    return;
  }
  dial.more_lanes = turn.has_value();
  if (!turn) {
    if (!dial.tried.empty()) return;
    if ((dial.families & served_families()).any()) {
      dial.failure.add(why_none());
    } else if (links_.has_absent() || links_.links().empty()) {
      dial.failure.add(errc::make_error_code(errc::network_unreachable));
    }
    return;
  }
  auto& link = turn->link();
  const bool races = turn->races();
  dial.tried.push_back(&link);
  auto& lane = dial.lanes.emplace_back(*this, dial, dial.target, dial.families, link,
                                       std::move(turn), std::nullopt);
  dial.next_lane_at = races ? lane.opened_at : lane.opened_at + lane.patience;
  enter(dial, lane);
}

// A link that is a last resort helps one that may not work, and not one that is only slow.
bool Dialer::waits_for_better(const Dial& dial) const {
  if (dial.lanes.empty()) return false;
  if (runtime_.clock().now() - dial.lanes.front().opened_at >= kLastResortPatience) return false;
  return std::any_of(dial.lanes.begin(), dial.lanes.end(), [](const Lane& lane) {
    return lane.is_running() && lane.link.health() != link::Health::down;
  });
}

Error Dialer::why_none() const {
  if (!links_.any_enabled()) return RouteError::switched_off;
  return links_.all_spent() ? RouteError::spent : RouteError::full;
}

void Dialer::enter(Dial& dial, Lane& lane) {
  ++dial.running;
  dial.race.enter(run_lane(dial, lane));
}

AddressUse Dialer::use_of(Dial& dial, const Lane& lane, const net::Address& address) {
  const auto route = routes_.decide(dial.target, address);
  if (route.action == RouteAction::refuse) {
    if (!std::exchange(dial.refusal_told, true)) {
      const auto what = to_string(dial.target) + ", which is " + address.to_string();
      log_refusal(what, route);
    }
    return AddressUse::refused;
  }
  const bool here = route.link == nullptr ? lane.turn.has_value() : route.link == &lane.link;
  if (here) return AddressUse::here;
  const bool has_lane =
      std::find(dial.detours.begin(), dial.detours.end(), address) != dial.detours.end();
  if (!has_lane) detour(dial, route, address);
  return AddressUse::elsewhere;
}

void Dialer::detour(Dial& dial, const Route& route, const net::Address& address) {
  const auto families = link::Families::of(net::family_of(address));
  auto turn = route.link == nullptr
                  ? links_.take_turn({families, runtime_.clock().now(), {}, dial.key})
                  : std::nullopt;
  auto* link = turn ? &turn->link() : route.link;
  dial.detours.push_back(address);
  if (link == nullptr || !(families & link::Families::of(*link)).any()) {
    dial.failure.add(errc::make_error_code(errc::address_family_not_supported));
    return;
  }
  auto place = turn ? std::nullopt : links_.take_place(*link);
  if (!turn && !place) {
    dial.failure.add(why_no_place(*link));
    return;
  }
  const Target target{address, dial.target.port};
  runtime_.log().debug("{}, which is {}, goes through {}: {}", to_string(dial.target),
                       address.to_string(), link->name(), route.why);
  auto& lane = dial.lanes.emplace_back(*this, dial, target, families, *link, std::move(turn),
                                       std::move(place));
  enter(dial, lane);
}

void Dialer::log_refusal(const std::string& what, const Route& route) const {
  runtime_.log().info("{} is refused: {}", what, route.why);
}

Task<void> Dialer::run_lane(Dial& dial, Lane& lane) {
  if (lane.link.upstream()) {
    lane.result = co_await run_upstream_lane(dial, lane);
  } else {
    lane.result = co_await lane.race.run();
  }
  dial.race.tell();
}

void Dialer::judge(Dial& dial, Lane& lane) {
  lane.judged = true;
  --dial.running;
  auto& result = *lane.result;
  if (result.stream) {
    credit(lane);
    settle_losers(dial, lane);
    tell_of_race(dial, lane);
    dial.winner =
        Dialed{std::move(result.stream), link::LinkUse(lane.link), std::move(lane.upstream_end),
               lane.takes_requests ? &*lane.link.upstream() : nullptr};
    dial.winner->was_dispatched = lane.turn.has_value() && dial.detours.empty();
    return;
  }
  if (lane.race.started()) {
    if (result.conclusive) {
      lane.count_failure();
    } else {
      blame(lane);
    }
    tell_of_failure(lane);
  } else {
    lane.give_back_turn();
    if (result.elsewhere) dial.more_lanes = false;  // other links would find the same
    if (result.elsewhere) return;
  }
  dial.failure.add(result.error);
  dial.next_lane_at = runtime_.clock().now();
  if (result.error == ResolveError::no_data) {
    dial.families = dial.families.without(link::Families::of(lane.link));
  } else if (result.conclusive) {
    dial.more_lanes = false;
    const bool definite = lane.race.started() || result.error == ResolveError::not_found ||
                          result.error == RouteError::refused;
    if (definite && dial.detours.empty()) dial.ended = dial.failure.error();
  }
}

// A proxy's handshake belongs to how long its link takes; looking up a name does not.
void Dialer::credit(const Lane& lane) {
  const auto now = runtime_.clock().now();
  const auto took = lane.link.upstream() ? now - lane.opened_at : lane.result->connect_time;
  links_.answered(lane.link, took, now);
}

void Dialer::blame(Lane& lane) {
  lane.count_failure();
  const auto now = runtime_.clock().now();
  if (lane.race.started()) links_.failed(lane.link, now - lane.opened_at, now);
}

void Dialer::settle_losers(Dial& dial, const Lane& winner) {
  const auto now = runtime_.clock().now();
  for (auto& lane : dial.lanes) {
    if (&lane == &winner || lane.judged) continue;
    if (!lane.is_running()) {  // it connected too, a moment later, or failed
      if (lane.result->stream) lane.give_back_turn();
      continue;
    }
    if (now - lane.opened_at >= lane.patience) {
      blame(lane);
    } else {
      lane.give_back_turn();
    }
  }
}

// What this host says of itself needs no other link's word.
void Dialer::tell_of_failure(Lane& lane) {
  const auto& error = lane.result->error;
  const auto now = runtime_.clock().now();
  const bool is_gone = error == errc::address_not_available || error == errc::no_such_device ||
                       error == errc::network_down;
  if (!is_gone && error != errc::network_unreachable) return;
  const auto sign = is_gone ? link::Sign::gone : link::Sign::no_route;
  link::observe(links_, lane.link, {sign, now, error.message()}, runtime_.log());
}

// One link has reached the target: what the others have not is a sign. Where a rule has chosen the
// way of one, they were asked for different addresses.
void Dialer::tell_of_race(Dial& dial, const Lane& winner) {
  const auto now = runtime_.clock().now();
  const auto peer = winner.result->stream->remote_endpoint();
  link::observe(links_, winner.link, {link::Sign::connected, now, {}, now - winner.opened_at, peer},
                runtime_.log());
  for (auto& lane : dial.lanes) {
    if (&lane == &winner || !lane.race.started() || !dial.detours.empty()) continue;
    if (lane.result && lane.result->stream) continue;  // it connected too
    const auto waited = now - lane.opened_at;
    if (lane.is_running() && waited < lane.patience) continue;
    link::Evidence seen{lane.is_running() ? link::Sign::outrun : link::Sign::failed, now};
    if (lane.is_running()) {
      seen.what =
          fmt::format("no connection to {} in {} ms, and {} had one", to_string(dial.target),
                      waited / std::chrono::milliseconds(1), winner.link.name());
    } else if (is_the_targets_answer(lane.result->error) || is_exhaustion(lane.result->error)) {
      continue;
    } else {
      seen.what = fmt::format("{} for {}, which {} reached", lane.result->error.message(),
                              to_string(dial.target), winner.link.name());
    }
    if (!lane.link.upstream() && !winner.link.upstream()) seen.peer = peer;
    link::observe(links_, lane.link, seen, runtime_.log());
  }
}

void Dialer::end_at_deadline(Dial& dial) {
  bool started = false;
  for (auto& lane : dial.lanes) {
    started = started || lane.race.started();
    if (lane.is_running()) blame(lane);
  }
  dial.failure.add(started ? Error(errc::make_error_code(errc::timed_out))
                           : Error(ResolveError::timed_out));
}

// A name is known by what has been learnt of it; before that it may have addresses of any family.
link::Families Dialer::families_of(const Target& target) const {
  if (const auto* address = std::get_if<net::Address>(&target.host)) {
    return link::Families::of(net::family_of(*address));
  }
  const auto& name = std::get<std::string>(target.host);
  const auto served = served_families();
  const link::Families lacked{names_.is_known_to_lack(name, Family::v4),
                              names_.is_known_to_lack(name, Family::v6)};
  const auto left = served.without(lacked);
  return left.any() ? left : served;
}

link::Families Dialer::served_families() const {
  return {links_.serves(Family::v4), links_.serves(Family::v6)};
}

Way Dialer::way_of(const link::Link& link) const {
  Way way;
  for (const auto family : {Family::v4, Family::v6}) {
    const auto egress = link.egress(family);
    // Any route is one way, not one of each family.
    if (egress && (way.empty() || way.front() != *egress)) way.push_back(*egress);
  }
  return way;
}

std::vector<Way> Dialer::ways_of(const Target& target, const link::Link& first) const {
  std::vector<Way> ways;
  if (std::holds_alternative<net::Address>(target.host)) return ways;
  const auto add = [&](const link::Link& link) {
    auto way = way_of(link);
    if (!way.empty()) ways.push_back(std::move(way));
  };
  add(first);
  if (!ways.empty() && ways.front().front() == net::kAnyEgress) return ways;
  for (const auto* link : links_.links()) {
    if (link != &first) add(*link);
  }
  if (options_.ask_by_any_route) ways.push_back({net::kAnyEgress});
  return ways;
}

}  // namespace dispatch::proxy
