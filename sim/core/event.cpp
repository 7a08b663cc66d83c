#include "sim/core/event.hpp"

#include "sim/core/simulation.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::sim {

Event::Event(Simulation& simulation, EventLabel label, Callback happens)
    : simulation_(&simulation), label_(label), happens_(std::move(happens)) {}

void Event::schedule(net::TimePoint when) {
  cancel();
  if (when == net::kNever) return;
  simulation_->queue_.push(*this, std::max(when, simulation_->now_));
}

void Event::cancel() {
  if (pending()) simulation_->queue_.remove(*this);
}

}  // namespace dispatch::sim
