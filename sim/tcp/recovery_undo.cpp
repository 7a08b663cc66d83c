// Taking a reduction back that was for nothing (RFC 4015): the acknowledgment echoes a time before
// the first repetition (Eifel, RFC 3522), or every repetition was reported as a duplicate (RFC
// 3708).
#include "sim/tcp/recovery.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

bool Recovery::any_repetition() const {
  return board_.repeated() > 0 || (!board_.empty() && board_[0].retransmitted);
}

void Recovery::begin_undo(Sequence una) {
  undo_from_ = una;
  // Repetitions that are still under way may be reported as duplicates, too.
  repetitions_out_ = board_.repeated();
  if (probe_end_ && probe_repeated_) ++repetitions_out_;
  if (repetitions_out_ == 0) repetitions_out_ = -1;
}

bool Recovery::echo_is_older() const {
  if (!first_repetition_) return sack_;  // nothing was repeated: what arrived was late
  return echo_ && *echo_ != 0 && static_cast<std::int32_t>(*echo_ - *first_repetition_) < 0;
}

void Recovery::undo(bool nothing_lost) {
  if (nothing_lost) board_.forget_losses();
  if (prior_threshold_ > 0) {
    window_.segments = control_->undone(window_, prr_.prior_window());
    if (prior_threshold_ > window_.threshold) {
      window_.threshold = prior_threshold_;
      tell_reduced_ = false;
    }
  }
  undo_from_.reset();
  rack_.look_again();
}

bool Recovery::undo_by_duplicates() {
  if (!undo_from_ || repetitions_out_ != 0) return false;
  rack_.on_undo_by_duplicates();
  undo(false);
  return true;
}

bool Recovery::undo_loss(bool by_frto) {
  if (!by_frto && !may_undo()) return false;
  undo(true);
  timeouts_ = 0;
  if (by_frto || sack_) phase_ = RecoveryPhase::open;
  return true;
}

void Recovery::undo_recovery() {
  if (may_undo()) undo(false);
  phase_ = RecoveryPhase::open;
}

}  // namespace dispatch::sim::tcp
