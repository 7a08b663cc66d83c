// What a dial is made of while it goes on.
#pragma once

#include "engine/proxy/dialer.hpp"
#include "engine/proxy/race.hpp"

#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace dispatch::proxy {

// One link at work for a dial.
struct Dialer::Lane {
  // Where no turn of the policy has led to the link, a rule has, and `place` is its own.
  Lane(Dialer& dialer, Dial& dial, Target to, link::Families families, link::Link& by,
       std::optional<link::Turn> of, std::optional<link::LinkDial> place);

  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  bool is_running() const { return !result; }

  // Nothing came of the link, and it is the link's fault.
  void count_failure() {
    if (race.started()) ++link.counters().dial_failures;
  }
  void give_back_turn() {
    if (turn) turn->give_back();
  }

  const Target target;
  const Target raced;  // the target, or the upstream proxy
  link::Link& link;
  std::optional<link::Turn> turn;
  std::optional<link::LinkDial> place;
  net::TimePoint opened_at;
  net::Duration patience;
  AddressRace race;
  bool takes_requests;  // its upstream proxy, which is not asked for a tunnel
  std::unique_ptr<net::Endpoint> upstream_end;
  std::optional<RaceResult> result;
  bool judged = false;
};

struct Dialer::Dial {
  Dial(Dialer& dialer, const Target& to, DialWish wish, net::TimePoint now, net::TimePoint until)
      : target(to),
        forwards(wish.forwards),
        key(wish.key),
        deadline(until),
        tried(std::move(wish.without)),
        next_lane_at(now),
        race(dialer.runtime_),
        listed_in_(dialer.dials_),
        place_(listed_in_.insert(listed_in_.end(), this)) {}
  ~Dial() { listed_in_.erase(place_); }
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

  // Where none but this link is at work.
  void hasten(const link::Link& link, net::TimePoint now);

  const Target& target;
  bool forwards;
  link::StickyKey key;
  net::TimePoint deadline;
  link::Families families;  // of the target, as far as links have them; fewer as more is known
  std::list<Lane> lanes;    // in the order of their opening
  std::vector<link::Link*> tried;
  std::size_t running = 0;
  net::TimePoint next_lane_at;
  bool more_lanes = true;             // another link may be of help
  std::vector<net::Address> detours;  // addresses that have a lane of their own
  bool refusal_told = false;
  MostTelling failure;
  std::optional<Dialed> winner;
  std::optional<net::Error> ended;  // without a winner
  Race race;

 private:
  std::list<Dial*>& listed_in_;
  std::list<Dial*>::iterator place_;
};

}  // namespace dispatch::proxy
