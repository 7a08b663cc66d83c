#include "engine/proxy/dialer.hpp"

#include "engine/proxy/dial_error.hpp"
#include "engine/proxy/race.hpp"

#include <boost/system/errc.hpp>

#include <list>
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

// One link at work for a dial.
struct Dialer::Lane {
  Lane(Dialer& dialer, const Dial& dial, link::Turn of, TimePoint at);

  bool is_running() const { return !result; }
  // Nothing came of the link, and it is the link's fault.
  void count_failure() {
    if (race.started()) ++turn.link().counters().dial_failures;
  }

  link::Turn turn;
  TimePoint opened_at;
  AddressRace race;
  std::optional<RaceResult> result;
  bool judged = false;
};

struct Dialer::Dial {
  Dial(net::Runtime& runtime, const Target& to, TimePoint now, TimePoint until)
      : target(to), deadline(until), next_lane_at(now), race(runtime) {}

  const Target& target;
  TimePoint deadline;
  link::Families families;  // of the target, as far as links have them; fewer as more is known
  std::list<Lane> lanes;    // in the order of their opening
  std::vector<link::Link*> tried;
  std::size_t running = 0;
  TimePoint next_lane_at;
  bool more_lanes = true;  // another link may be of help
  MostTelling failure;
  std::optional<Dialed> winner;
  std::optional<Error> ended;  // without a winner
  Race race;
};

Dialer::Lane::Lane(Dialer& dialer, const Dial& dial, link::Turn of, TimePoint at)
    : turn(std::move(of)),
      opened_at(at),
      race(dialer.runtime_, dialer.names_, turn.link(), dial.target, dial.families,
           dialer.ways_of(dial.target, turn.link()),
           {dialer.options_.attempt_timeout, dialer.options_.happy_eyeballs}) {}

Dialer::Dialer(net::Runtime& runtime, link::LinkSet& links, DialOptions options)
    : runtime_(runtime), links_(links), options_(options), names_(runtime, options.names) {}

Task<Result<Dialed>> Dialer::dial(Target target) {
  const auto now = runtime_.clock().now();
  Dial dial(runtime_, target, now, now + options_.timeout);
  dial.families = families_of(target);
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

void Dialer::open_lane(Dial& dial) {
  auto turn = links_.take_turn(dial.families, dial.tried);
  dial.more_lanes = turn.has_value();
  if (!turn) return;
  const auto now = runtime_.clock().now();
  dial.tried.push_back(&turn->link());
  auto& lane = dial.lanes.emplace_back(*this, dial, std::move(*turn), now);
  ++dial.running;
  dial.next_lane_at = now + options_.slow_attempt;
  dial.race.enter(run_lane(dial, lane));
}

Task<void> Dialer::run_lane(Dial& dial, Lane& lane) {
  auto result = co_await lane.race.run();
  lane.result = std::move(result);
  dial.race.tell();
}

void Dialer::judge(Dial& dial, Lane& lane) {
  lane.judged = true;
  --dial.running;
  auto& result = *lane.result;
  if (result.stream) {
    settle_losers(dial, lane);
    dial.winner = Dialed{std::move(result.stream), link::LinkUse(lane.turn.link())};
    return;
  }
  dial.failure.add(result.error);
  dial.next_lane_at = runtime_.clock().now();
  if (lane.race.started()) {
    lane.count_failure();
  } else {
    lane.turn.give_back();
  }
  if (result.error == ResolveError::no_data) {
    dial.families = dial.families.without(link::Families::of(lane.turn.link()));
  } else if (result.conclusive) {
    dial.more_lanes = false;
    const bool definite = lane.race.started() || result.error == ResolveError::not_found;
    if (definite) dial.ended = dial.failure.error();
  }
}

void Dialer::settle_losers(Dial& dial, const Lane& winner) {
  const auto now = runtime_.clock().now();
  for (auto& lane : dial.lanes) {
    if (&lane == &winner || !lane.is_running()) continue;
    if (now - lane.opened_at >= options_.slow_attempt) {
      lane.count_failure();
    } else {
      lane.turn.give_back();
    }
  }
}

void Dialer::end_at_deadline(Dial& dial) {
  bool started = false;
  for (auto& lane : dial.lanes) {
    started = started || lane.race.started();
    if (lane.is_running()) lane.count_failure();
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
  const link::Families served{links_.serves(Family::v4), links_.serves(Family::v6)};
  const link::Families lacked{names_.is_known_to_lack(name, Family::v4),
                              names_.is_known_to_lack(name, Family::v6)};
  const auto left = served.without(lacked);
  return left.any() ? left : served;
}

std::vector<Way> Dialer::ways_of(const Target& target, const link::Link& first) const {
  std::vector<Way> ways;
  if (std::holds_alternative<net::Address>(target.host)) return ways;
  const auto add = [&](const link::Link& link) {
    Way way;
    for (const auto family : {Family::v4, Family::v6}) {
      if (const auto& egress = link.egress(family)) way.push_back(*egress);
    }
    if (!way.empty()) ways.push_back(std::move(way));
  };
  add(first);
  for (const auto& link : links_.links()) {
    if (link.get() != &first) add(*link);
  }
  if (options_.ask_by_any_route) ways.push_back({net::kAnyEgress});
  return ways;
}

}  // namespace dispatch::proxy
