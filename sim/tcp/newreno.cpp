#include "sim/tcp/newreno.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

RecoveryVerdict NewReno::on_ack(const AckEvent& event, Scoreboard& scoreboard) {
  RecoveryVerdict verdict;
  if (event.acked > 0) {
    // One of the acknowledged segments was the hole; the others had sent the duplicates.
    duplicates_ = phase_ == RecoveryPhase::open ? 0 : std::max(0, duplicates_ - (event.acked - 1));
  }
  // RFC 6582 4.1: duplicates that acknowledge no more than `recover_` may come from segments that
  // were sent again without need.
  if (avoid_ && after(event.una, recover_)) avoid_ = false;

  if (phase_ != RecoveryPhase::open && at_or_after(event.una, recover_)) {
    verdict.recovered = phase_ == RecoveryPhase::recovery;
    phase_ = RecoveryPhase::open;
    duplicates_ = 0;
  } else if (phase_ == RecoveryPhase::recovery && event.acked > 0 && !scoreboard.empty()) {
    scoreboard.mark_lost(0);  // a partial acknowledgment: the next hole (RFC 6582 3.2 step 3)
    verdict.retransmit = true;
  }

  if (event.duplicate && phase_ != RecoveryPhase::loss) {
    ++duplicates_;
    if (phase_ == RecoveryPhase::open && duplicates_ >= kDuplicateThreshold && !avoid_) {
      phase_ = RecoveryPhase::recovery;
      recover_ = event.nxt;
      avoid_ = true;
      scoreboard.mark_lost(0);
      verdict.loss = verdict.retransmit = true;
    }
  }
  // Never more than could have arrived: one segment at least is missing.
  duplicates_ = std::clamp(duplicates_, 0,
                           std::max(0, scoreboard.outstanding() - std::max(1, scoreboard.lost())));
  return verdict;
}

void NewReno::on_timeout(Sequence nxt, Scoreboard& scoreboard) {
  if (phase_ != RecoveryPhase::loss) recover_ = nxt;
  phase_ = RecoveryPhase::loss;
  avoid_ = true;
  duplicates_ = 0;
  scoreboard.mark_all_lost();
}

int NewReno::in_flight(const Scoreboard& scoreboard) const {
  return scoreboard.in_flight() - duplicates_;
}

}  // namespace dispatch::sim::tcp
