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
};

}  // namespace dispatch::link
