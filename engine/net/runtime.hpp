// One host, as the engine sees it: everything it may ask of the world.
#pragma once

#include "engine/net/clock.hpp"
#include "engine/net/entropy.hpp"
#include "engine/net/interfaces.hpp"
#include "engine/net/log.hpp"
#include "engine/net/network.hpp"
#include "engine/net/resolver.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace dispatch::net {

// A Runtime, and everything made from it, belongs to one event loop and is used on its thread only.
// It outlives what was made from it.
class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual asio::any_io_executor executor() = 0;
  virtual Clock& clock() = 0;
  virtual Network& network() = 0;
  virtual Resolver& resolver() = 0;
  virtual Interfaces& interfaces() = 0;
  virtual Entropy& entropy() = 0;
  virtual Log& log() = 0;
};

}  // namespace dispatch::net
