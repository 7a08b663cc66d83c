// Loss recovery from cumulative acknowledgments alone: fast retransmit and NewReno (RFC 6582), with
// limited transmit (RFC 3042).
#pragma once

#include "sim/tcp/recovery.hpp"

namespace dispatch::sim::tcp {

// Each duplicate ACK says that one segment has left the network. Counting those as not in flight is
// both the window inflation of RFC 5681 3.2 and limited transmit.
class NewReno : public LossRecovery {
 public:
  RecoveryVerdict on_ack(const AckEvent& event, Scoreboard& scoreboard) override;
  void on_timeout(Sequence nxt, Scoreboard& scoreboard) override;
  int in_flight(const Scoreboard& scoreboard) const override;

 private:
  int duplicates_ = 0;    // segments that have arrived behind a hole
  bool avoid_ = false;    // no fast retransmit before `recover_` is passed
  Sequence recover_ = 0;  // the highest sequence sent when the loss was noticed
};

}  // namespace dispatch::sim::tcp
