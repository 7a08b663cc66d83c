// Reaching a target through one link, over whichever of its addresses answers first.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/dial_error.hpp"
#include "engine/proxy/happy_eyeballs.hpp"
#include "engine/proxy/name_cache.hpp"
#include "engine/proxy/race.hpp"
#include "engine/proxy/target.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace dispatch::proxy {

struct AddressRaceOptions {
  net::Duration attempt_timeout = std::chrono::seconds(10);  // for one connection attempt
  HappyEyeballsOptions happy_eyeballs;
  // Which link's dial it is; null: that of the link it goes through.
  link::LinkCounters* counters = nullptr;
};

// Whether an address that the target's name has is tried.
enum class AddressUse : std::uint8_t {
  here,       // in this race
  elsewhere,  // another link's, by the rules
  refused,    // by the rules
};

// What has become of a race.
struct RaceResult {
  net::StreamPtr stream;         // the winner; null where there is none
  net::Duration connect_time{};  // of the winner, by itself
  net::Error error;              // the most telling one, if there is no winner
  // Another link would fare no better: every attempt was answered by the target, or this host is
  // exhausted, or the name cannot be resolved in any way.
  bool conclusive = false;
  bool elsewhere = false;  // the name has addresses that are another link's
};

// A name is looked up through the link, A and AAAA apart and at the same time, as far as the link
// has the families; then its addresses are tried as HappyEyeballs says. All attempts use the same
// link, so that a race does not prefer the nearer one. Attempts that lose are aborted.
class AddressRace {
 public:
  // `families` of the target are tried, of those that the link has. `ways` are where names are
  // asked for (NameQuestion). `use_of` is asked about each address that a name is found to have,
  // before it is tried; null: all are tried.
  AddressRace(net::Runtime& runtime, NameCache& names, link::Link& link, const Target& target,
              link::Families families, std::vector<Way> ways, AddressRaceOptions options,
              std::function<AddressUse(const net::Address&)> use_of = nullptr);

  // Once. Cancelled, it ends with operation_aborted, after the end of all it has started.
  net::Task<RaceResult> run();

  // Whether a connection attempt has been made (and counted as the link's dial).
  bool started() const { return started_; }

 private:
  net::Task<void> direct_attempts();
  net::Task<void> look_up(net::Family family);
  net::Task<void> attempt(net::Endpoint remote);
  void expect_answers();
  void take_answer(net::Family family, const NameCache::Answer& answer);

  net::Runtime& runtime_;
  NameCache& names_;
  link::Link& link_;
  const Target& target_;
  link::Families families_;
  std::vector<Way> ways_;
  AddressRaceOptions options_;
  std::function<AddressUse(const net::Address&)> use_of_;
  HappyEyeballs plan_;
  MostTelling failure_;
  bool started_ = false;
  bool another_link_may_help_ = false;
  RaceResult result_;
  Race race_;
};

}  // namespace dispatch::proxy
