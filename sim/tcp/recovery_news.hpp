// What one acknowledgment has brought.
#pragma once

#include "sim/tcp/recovery.hpp"

namespace dispatch::sim::tcp {

struct Recovery::News {
  bool advanced = false;        // the left edge moved
  bool acked = false;           // segments were taken off the scoreboard
  bool original = false;        // something sent only once, up to the recovery point, has arrived
  bool repeated_acked = false;  // among the acknowledged ones was a repeated one
  bool reneged = false;         // what had been SACKed is now the first that is missing
  bool repetition_lost = false;
  int duplicates = 0;  // duplicate acknowledgments
  int prior_in_flight = 0;
  std::uint32_t prior_delivered = 0;
  std::uint32_t prior_lost = 0;
  Sequence prior_una = 0;
  Sequence prior_highest = 0;
  SackNews sack;
  RateSample rate;
  std::optional<TimePoint> first_sent;  // of those acknowledged that were sent only once
  std::optional<TimePoint> last_sent;
  TimerRequest timer;
  bool repair = false;  // lost segments may be sent again
};

}  // namespace dispatch::sim::tcp
