// How long an agent waits before it tries its coordinator again.
#pragma once

#include "engine/net/entropy.hpp"
#include "engine/net/time.hpp"

#include <algorithm>

namespace dispatch::fleet {

// From a quarter of a second to `most`, each twice the one before; a fifth more or less, so that a
// thousand agents of a coordinator that was restarted do not come back all at once. With the usual
// `most` of 4 s, every one of them has tried again within 5.
class BackOff {
 public:
  static constexpr net::Duration kFirst = std::chrono::milliseconds(250);

  BackOff(net::Entropy& entropy, net::Duration most)
      : entropy_(entropy), most_(most), next_(std::min(kFirst, most)) {}

  net::Duration next() {
    const auto now = next_;
    next_ = std::min(2 * next_, most_);
    const auto jitter = static_cast<std::int64_t>(entropy_.next() % 401) - 200;  // of 1000
    return now + now * jitter / 1000;
  }
  void reset() { next_ = std::min(kFirst, most_); }

 private:
  net::Entropy& entropy_;
  net::Duration most_;
  net::Duration next_;
};

}  // namespace dispatch::fleet
