// What happened lately counts more, without a timer: it fades when it is looked at.
#pragma once

#include "engine/net/time.hpp"

#include <algorithm>
#include <cmath>

namespace dispatch::link {

// What is left after `passed` of what fades to 1/e in `time`. Event loops read their clocks apart,
// so that a moment may have passed backwards: then all is left.
inline double fading(net::Duration passed, net::Duration time) {
  if (passed <= net::Duration::zero()) return 1;
  return std::exp(-static_cast<double>(passed.count()) / static_cast<double>(time.count()));
}

// A sum of amounts, each fading from when it came.
class Fading {
 public:
  explicit Fading(net::Duration time) : time_(time) {}

  // That came evenly in the time from `since` to `now`.
  void add(double amount, net::TimePoint since, net::TimePoint now) {
    const auto left = fading(now - since, time_);
    const auto span =
        static_cast<double>((now - since).count()) / static_cast<double>(time_.count());
    sum_ = at(now) + (span <= 0 ? amount : amount * (1 - left) / span);
    added_at_ = std::max(added_at_, now);
  }
  void add(double amount, net::TimePoint now) { add(amount, now, now); }

  double at(net::TimePoint now) const { return sum_ * fading(now - added_at_, time_); }

 private:
  net::Duration time_;
  double sum_ = 0;
  net::TimePoint added_at_{};
};

}  // namespace dispatch::link
