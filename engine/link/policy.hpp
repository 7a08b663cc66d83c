// How the next connection's link is chosen.
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/time.hpp"

#include <span>

namespace dispatch::link {

// A connection that needs a link.
struct Occasion {
  // Those that can be chosen, in the order of the command line; never empty. They are alike in
  // health: see LinkSet.
  std::span<Link* const> candidates;
  net::TimePoint now;
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
};

}  // namespace dispatch::link
