// Loss recovery from selective acknowledgments (RFC 2018, RFC 6675).
#pragma once

#include "sim/tcp/recovery.hpp"

#include <array>

namespace dispatch::sim::tcp {

// A segment is lost once three later ones have arrived (RFC 6675 4: IsLost). What is in flight is
// counted segment by segment (Pipe), so that all losses of a window are repaired within about a
// round trip. A repetition that is lost again waits for the time-out.
class SackRecovery : public LossRecovery {
 public:
  RecoveryVerdict on_ack(const AckEvent& event, Scoreboard& scoreboard) override;
  void on_timeout(Sequence nxt, Scoreboard& scoreboard) override;
  int in_flight(const Scoreboard& scoreboard) const override { return scoreboard.in_flight(); }

 private:
  void take_blocks(const AckEvent& event, Scoreboard& scoreboard);
  void take(const SackBlock& block, Sequence from, Sequence to, Scoreboard& scoreboard);
  bool mark_lost(Scoreboard& scoreboard);

  Sequence recover_ = 0;       // the highest sequence sent when the loss was noticed
  Sequence highest_sack_ = 0;  // the end of the highest segment that has been SACKed
  int judged_ = 0;             // segments from the front that have been looked at for losses
  // The last ACK's blocks: what they cover need not be looked at again.
  std::array<SackBlock, 4> known_{};
  std::uint8_t known_count_ = 0;
};

}  // namespace dispatch::sim::tcp
