// The time that a packet is on its way, once sent.
#pragma once

#include "engine/net/time.hpp"
#include "sim/core/random.hpp"
#include "sim/link/jitter_options.hpp"

#include <utility>

namespace dispatch::sim {

class Propagation {
 public:
  Propagation(net::Duration delay, Jitter jitter) : delay_(delay), jitter_(std::move(jitter)) {}

  // When a packet arrives that was sent at `sent`: never before it was sent, and not before the
  // packet sent before it unless the jitter reorders. A delay that becomes shorter does not make
  // packets overtake either.
  net::TimePoint arrival(net::TimePoint sent, Random& random) {
    return arrival(sent, delay_, random);
  }
  // The same, with another delay in place of the link's own.
  net::TimePoint arrival(net::TimePoint sent, net::Duration delay, Random& random);

  void set_delay(net::Duration delay) { delay_ = delay; }
  void set_jitter(Jitter jitter) { jitter_ = std::move(jitter); }
  net::Duration delay() const { return delay_; }
  const Jitter& jitter() const { return jitter_; }

 private:
  net::Duration delay_;
  Jitter jitter_;
  net::TimePoint last_arrival_{};
};

}  // namespace dispatch::sim
