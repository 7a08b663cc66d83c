// Virtual time as net::Clock.
#pragma once

#include "engine/net/clock.hpp"

#include <list>
#include <memory>

namespace dispatch::sim {

class Simulation;

// Timers and sleeps of one host's programs, so that they can be stopped together. Outlives its
// timers.
class SimClock : public net::Clock {
 public:
  explicit SimClock(Simulation& simulation) : simulation_(simulation) {}

  net::TimePoint now() const override;
  net::WallTime wall_now() const override;
  std::unique_ptr<net::Timer> make_timer() override;
  net::Task<net::Status> sleep_until(net::TimePoint when) override;

  // While frozen, what expires waits for the thaw; time goes on.
  void set_frozen(bool frozen);
  // Stops every timer that runs and destroys every task that sleeps: their program is gone.
  void kill_all();

 private:
  class SimTimer;

  Simulation& simulation_;
  bool frozen_ = false;
  std::list<SimTimer*> timers_;  // in the order of their making
};

}  // namespace dispatch::sim
