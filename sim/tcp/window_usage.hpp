// Whether the congestion window is what holds the sender (RFC 7661; Linux: tcp_cwnd_validate).
#pragma once

#include "sim/tcp/options.hpp"
#include "sim/tcp/sequence.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace dispatch::sim::tcp {

// A window that was not needed says nothing about the path, so it must not grow; and one that is
// not needed for a retransmission time-out shrinks (RFC 2861).
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
    most_unlimited_ = std::max(most_unlimited_, outstanding);
  }

  bool used(int window, bool slow_start) const {
    if (limited_) return true;
    return slow_start && window < 2 * most_outstanding_;
  }

  void on_used(TimePoint now) {
    most_unlimited_ = 0;
    used_at_ = now;
  }
  // The window has not been used for `timeout`: how many segments were outstanding at most. It is
  // told once, then the wait begins anew.
  std::optional<int> unused_for(Duration timeout, TimePoint now) {
    if (now - used_at_ < timeout) return std::nullopt;
    used_at_ = now;
    return std::exchange(most_unlimited_, 0);
  }

 private:
  bool limited_ = false;
  int most_outstanding_ = 0;
  int most_unlimited_ = 0;  // since the window was used
  Sequence round_end_ = 0;
  TimePoint used_at_{};
};

}  // namespace dispatch::sim::tcp
