// How long to wait before the next attempt.
#pragma once

#include "engine/net/entropy.hpp"
#include "engine/net/time.hpp"

#include <algorithm>

namespace dispatch::stream {

// From a quarter of a second to ten, each twice the one before; a fifth more or less, so that many
// who lost the same peer do not come back all at once.
class BackOff {
 public:
  static constexpr net::Duration kFirst = std::chrono::milliseconds(250);
  static constexpr net::Duration kMost = std::chrono::seconds(10);

  explicit BackOff(net::Entropy& entropy) : entropy_(entropy) {}

  net::Duration next() {
    const auto now = next_;
    next_ = std::min(2 * next_, kMost);
    const auto jitter = static_cast<std::int64_t>(entropy_.next() % 401) - 200;  // of 1000
    return now + now * jitter / 1000;
  }
  void reset() { next_ = kFirst; }

 private:
  net::Entropy& entropy_;
  net::Duration next_ = kFirst;
};

}  // namespace dispatch::stream
