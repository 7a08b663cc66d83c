// Changes of a link while the world runs.
#pragma once

#include "sim/core/simulation.hpp"
#include "sim/link/link.hpp"
#include "sim/scenario/scenario.hpp"

#include <functional>

namespace dispatch::scenario {

// What a link begins as.
sim::DirectionOptions options_of(const DirectionSpec& spec);

// Over a time, a change goes in kRampSteps even steps, or in as many as are kRampStep apart.
inline constexpr int kRampSteps = 100;
inline constexpr Duration kRampStep = std::chrono::milliseconds(10);

// Begins `change`, and calls `done` when it is complete: at once, or after change.over. Rates,
// delays, and losses that are plain percentages before and after go straight from what they are to
// what they shall be; so does the amount of a jitter of the same shape. The rest changes at the
// beginning. `link` and `change` outlive the simulation's run.
void begin_change(sim::Simulation& simulation, sim::Link& link, const LinkChange& change,
                  std::function<void()> done);

// Begins each step at its time, for as long as the simulation runs where the schedule repeats.
void start_schedule(sim::Simulation& simulation, sim::Link& link, const ScheduleSpec& schedule);

}  // namespace dispatch::scenario
