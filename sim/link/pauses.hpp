// When a line may send, and over which cell.
#pragma once

#include "sim/link/pause_options.hpp"

namespace dispatch::sim {

// A line's suspensions and handovers: functions of the time alone.
class Pauses {
 public:
  Pauses(Suspension suspend, Handover handover)
      : suspend_(suspend), handover_(std::move(handover)) {}

  bool any() const { return is_on(suspend_) || is_on(handover_.pause); }
  // The earliest time, from `now` on, at which the line does not stand still.
  net::TimePoint resumes(net::TimePoint now) const;
  // The delay of the present cell: `first` before the first handover.
  net::Duration delay(net::Duration first, net::TimePoint now) const;

  void set_suspend(Suspension suspend) { suspend_ = suspend; }
  void set_handover(Handover handover) { handover_ = std::move(handover); }
  const Suspension& suspend() const { return suspend_; }
  const Handover& handover() const { return handover_; }

 private:
  static bool is_on(const Suspension& suspension) {
    return suspension.every > net::Duration::zero();
  }
  static net::TimePoint end(const Suspension& suspension, net::TimePoint now);

  Suspension suspend_;
  Handover handover_;
};

}  // namespace dispatch::sim
