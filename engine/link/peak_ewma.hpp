// A latency as it is felt: a worse one at once, a better one little by little.
#pragma once

#include "engine/link/fading.hpp"

#include <optional>

namespace dispatch::link {

// The peak-sensitive moving average of Finagle's load balancer. A sample above the average takes
// its place; one below it moves it the more, the longer ago the last one was. Unobserved it fades,
// so that what was slow once is tried again: after 16 seconds a fifth is left.
class PeakEwma {
 public:
  static constexpr net::Duration kFade = std::chrono::seconds(10);  // to 1/e

  void observe(net::Duration sample, net::TimePoint now) {
    const auto faded = known_ ? fading(now - observed_at_, kFade) : 0.0;
    const auto its = static_cast<double>(sample.count());
    const auto average = nanoseconds_ * faded + its * (1 - faded);
    nanoseconds_ = std::max(its, average);
    observed_at_ = now;
    known_ = true;
  }

  // None: nothing has been observed.
  std::optional<net::Duration> at(net::TimePoint now) const {
    if (!known_) return std::nullopt;
    const auto left = nanoseconds_ * fading(now - observed_at_, kFade);
    return net::Duration(static_cast<net::Duration::rep>(left));
  }

 private:
  double nanoseconds_ = 0;
  net::TimePoint observed_at_{};
  bool known_ = false;
};

}  // namespace dispatch::link
