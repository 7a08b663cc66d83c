// How the next connection's link is chosen.
#pragma once

#include "engine/link/link.hpp"
#include "engine/link/policy/isolation.hpp"
#include "engine/net/time.hpp"

#include <span>

namespace dispatch::link {

// A connection that needs a link.
struct Occasion {
  // Those that can be chosen, in the order of the command line; never empty. They are alike in
  // health: see LinkSet.
  std::span<Link* const> candidates;
  net::TimePoint now;
  StickyKey key{};
};

// What a policy needs of those who use it.
struct PolicyTraits {
  // All links are dialled at once; the first connection wins, and the turns of the others are given
  // back.
  bool races = false;
  // It reads the rates of Link::figures(): they are brought up to date before each choice ...
  bool reads_rates = false;
  // ... and several times a second meanwhile (LinkSet::sample): rates are seen as they are, and not
  // as means over the time between two choices.
  bool wants_samples = false;
  // Of what the key is made that an occasion has.
  Isolation isolation{};
};

// Used under the LinkSet's lock.
class Policy {
 public:
  virtual ~Policy() = default;

  // One of the candidates. Called exactly once for each attempt to connect: a choice is spent,
  // whatever becomes of it.
  virtual Link& choose(const Occasion& occasion) = 0;

  // A choice of `chosen` among `candidates` came to nothing through no fault of the link's: the
  // shares are as if it had not been made.
  virtual void take_back(Link& /*chosen*/, std::span<Link* const> /*candidates*/) {}

  // The same for as long as it lives.
  virtual PolicyTraits traits() const { return {}; }
};

}  // namespace dispatch::link
