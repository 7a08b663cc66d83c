// How the next connection's link is chosen.
#pragma once

#include "engine/link/link.hpp"

#include <span>

namespace dispatch::link {

class Policy {
 public:
  virtual ~Policy() = default;

  // One of `candidates` (never empty, in the order of the command line). Called exactly once for
  // each attempt to connect: a choice is spent, whatever becomes of it.
  virtual Link& choose(std::span<Link* const> candidates) = 0;

  // A choice of `chosen` among `candidates` came to nothing through no fault of the link's: the
  // shares are as if it had not been made.
  virtual void take_back(Link& chosen, std::span<Link* const> candidates) = 0;
};

}  // namespace dispatch::link
