#include "sim/link/pauses.hpp"

namespace dispatch::sim {
namespace {

constexpr int kRoundsMax = 64;  // of suspensions that touch handovers that touch suspensions

}  // namespace

// The end of the pause that holds `now`; `now` where none does.
net::TimePoint Pauses::end(const Suspension& suspension, net::TimePoint now) {
  const auto since = now.time_since_epoch() - suspension.from;
  if (!is_on(suspension) || since < net::Duration::zero()) return now;
  const auto within = since % suspension.every;
  return within < suspension.length ? now + (suspension.length - within) : now;
}

net::TimePoint Pauses::resumes(net::TimePoint now) const {
  for (int i = 0; i < kRoundsMax; ++i) {
    const auto later = end(handover_.pause, end(suspend_, now));
    if (later == now) break;
    now = later;
  }
  return now;
}

net::Duration Pauses::delay(net::Duration first, net::TimePoint now) const {
  const auto& pause = handover_.pause;
  const auto since = now.time_since_epoch() - pause.from;
  if (!is_on(pause) || handover_.delays.empty() || since < net::Duration::zero()) return first;
  const auto handovers = static_cast<std::size_t>(since / pause.every);
  return handover_.delays[handovers % handover_.delays.size()];
}

}  // namespace dispatch::sim
