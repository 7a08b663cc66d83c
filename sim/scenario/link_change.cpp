#include "sim/scenario/link_change.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace dispatch::scenario {
namespace {

void set(sim::LinkDirection& direction, const DirectionChange& change) {
  if (change.rate) direction.set_rate(*change.rate);
  if (change.delay) direction.set_delay(*change.delay);
  if (change.jitter) direction.set_jitter(*change.jitter);
  if (change.loss) direction.set_loss(*change.loss);
  if (change.queue) direction.set_queue(*change.queue);
  if (change.duplicate) direction.set_duplicate(*change.duplicate);
  if (change.corrupt) direction.set_corrupt(*change.corrupt);
  if (change.reorder) direction.set_reorder(*change.reorder);
  if (change.suspend) direction.set_suspend(*change.suspend);
  if (change.handover) direction.set_handover(*change.handover);
}

double between(double from, double to, double part) {
  return from + (to - from) * part;
}
Duration between(Duration from, Duration to, double part) {
  return from +
         Duration(static_cast<std::int64_t>(static_cast<double>((to - from).count()) * part));
}

// The way of one direction from what it was to what it shall be.
class Ramp {
 public:
  Ramp(sim::LinkDirection& direction, const DirectionChange& target)
      : direction_(direction), target_(target), start_(direction.options()) {}

  void begin() {
    auto first = target_;
    if (rates()) first.rate.reset();
    if (target_.delay) first.delay.reset();
    if (losses()) first.loss.reset();
    if (same_jitter()) first.jitter.reset();
    set(direction_, first);
  }

  void step(double part) {
    if (rates()) {
      const auto from = static_cast<double>(std::get<sim::DataRate>(start_.rate).bits_per_second());
      const auto to = static_cast<double>(std::get<sim::DataRate>(*target_.rate).bits_per_second());
      direction_.set_rate(
          sim::DataRate::bits_per_second(static_cast<std::uint64_t>(between(from, to, part))));
    }
    if (target_.delay) direction_.set_delay(between(start_.delay, *target_.delay, part));
    if (losses()) {
      direction_.set_loss(
          between(std::get<double>(start_.loss), std::get<double>(*target_.loss), part));
    }
    if (same_jitter()) {
      auto jitter = *target_.jitter;
      jitter.amount = between(start_.jitter.amount, jitter.amount, part);
      direction_.set_jitter(std::move(jitter));
    }
  }

  void end() { set(direction_, target_); }

 private:
  static bool is_finite(const sim::RateModel& model) {
    const auto* rate = std::get_if<sim::DataRate>(&model);
    return rate != nullptr && !rate->is_unlimited();
  }
  bool rates() const { return target_.rate && is_finite(start_.rate) && is_finite(*target_.rate); }
  bool losses() const {
    return target_.loss && std::holds_alternative<double>(start_.loss) &&
           std::holds_alternative<double>(*target_.loss);
  }
  bool same_jitter() const {
    return target_.jitter && target_.jitter->shape == start_.jitter.shape;
  }

  sim::LinkDirection& direction_;
  const DirectionChange& target_;
  sim::DirectionOptions start_;
};

// Both directions, step by step.
class LinkRamp : public std::enable_shared_from_this<LinkRamp> {
 public:
  LinkRamp(sim::Simulation& simulation, sim::Link& link, const LinkChange& change,
           std::function<void()> done)
      : simulation_(simulation),
        over_(change.over),
        step_(std::max(change.over / kRampSteps, kRampStep)),
        down_(link.down(), change.down),
        up_(link.up(), change.up),
        done_(std::move(done)) {}

  void begin() {
    down_.begin();
    up_.begin();
    next();
  }

 private:
  void next() {
    const auto wait = std::min(step_, over_ - passed_);
    passed_ += wait;
    simulation_.after(wait, [self = shared_from_this()] { self->step(); });
  }

  void step() {
    if (passed_ < over_) {
      const auto part = static_cast<double>(passed_.count()) / static_cast<double>(over_.count());
      down_.step(part);
      up_.step(part);
      return next();
    }
    down_.end();
    up_.end();
    if (done_) done_();
  }

  sim::Simulation& simulation_;
  Duration over_;
  Duration step_;
  Duration passed_{};
  Ramp down_;
  Ramp up_;
  std::function<void()> done_;
};

void schedule_step(sim::Simulation& simulation, sim::Link& link, const ScheduleSpec::Step& step,
                   Duration when, Duration repeat) {
  simulation.at(net::TimePoint(when), [&simulation, &link, &step, when, repeat] {
    begin_change(simulation, link, step.change, nullptr);
    if (repeat == Duration::zero()) return;
    schedule_step(simulation, link, step, when + repeat, repeat);
  });
}

}  // namespace

sim::DirectionOptions options_of(const DirectionSpec& spec) {
  sim::DirectionOptions options;
  options.rate = spec.rate;
  options.delay = spec.delay;
  options.jitter = spec.jitter;
  options.loss = spec.loss;
  options.queue = queue_of(spec);
  options.duplicate = spec.duplicate;
  options.corrupt = spec.corrupt;
  options.reorder = spec.reorder;
  options.suspend = spec.suspend;
  options.handover = spec.handover;
  return options;
}

void begin_change(sim::Simulation& simulation, sim::Link& link, const LinkChange& change,
                  std::function<void()> done) {
  if (change.over > Duration::zero()) {
    return std::make_shared<LinkRamp>(simulation, link, change, std::move(done))->begin();
  }
  set(link.down(), change.down);
  set(link.up(), change.up);
  if (done) done();
}

void start_schedule(sim::Simulation& simulation, sim::Link& link, const ScheduleSpec& schedule) {
  for (const auto& step : schedule.steps) {
    schedule_step(simulation, link, step, step.at, schedule.repeat);
  }
}

}  // namespace dispatch::scenario
