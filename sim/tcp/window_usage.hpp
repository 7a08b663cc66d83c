// Whether the congestion window is what holds the sender (RFC 7661; Linux: tcp_cwnd_validate).
#pragma once

#include "sim/tcp/sequence.hpp"

namespace dispatch::sim::tcp {

// A window that was not needed says nothing about the path, so it must not grow.
class WindowUsage {
 public:
  // The sender has sent what it could: `outstanding` segments are unacknowledged, and it stopped
  // because of the congestion window (`limited`) or for want of data or receive window.
  void on_sent(bool limited, int outstanding, Sequence una, Sequence nxt) {
    if (at_or_after(una, round_end_) || limited || (!limited_ && outstanding > most_outstanding_)) {
      limited_ = limited;
      most_outstanding_ = outstanding;
      round_end_ = nxt;
    }
  }

  bool used(int window, bool slow_start) const {
    if (limited_) return true;
    return slow_start && window < 2 * most_outstanding_;
  }

 private:
  bool limited_ = false;
  int most_outstanding_ = 0;
  Sequence round_end_ = 0;
};

}  // namespace dispatch::sim::tcp
