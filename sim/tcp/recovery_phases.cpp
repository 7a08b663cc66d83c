// The phases of the sender, and the ways between them (Linux: tcp_fastretrans_alert).
#include "sim/tcp/newreno.hpp"
#include "sim/tcp/recovery.hpp"
#include "sim/tcp/recovery_news.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

int Recovery::current_threshold() const {
  if (reducing()) return window_.threshold;
  return std::max(window_.threshold, window_.segments / 2 + window_.segments / 4);
}

void Recovery::begin_reduction(Sequence nxt) {
  high_ = nxt;
  probe_end_.reset();
  window_.counted = 0;
  prr_.begin(window_.segments);
  window_.threshold = control_->threshold_after_loss(window_);
  tell_reduced_ = true;
}

// The window is the threshold now, unless the reduction was undone.
void Recovery::end_reduction() {
  if (control_->governs()) return;
  if (window_.threshold < CongestionWindow::kNoThreshold &&
      (phase_ == RecoveryPhase::reduction || undo_from_)) {
    window_.segments = window_.threshold;
  }
}

void Recovery::enter_recovery(Sequence una, Sequence nxt, bool congestion) {
  if (!any_repetition()) first_repetition_.reset();
  prior_threshold_ = 0;
  begin_undo(una);
  if (!reducing()) {
    if (!congestion) prior_threshold_ = current_threshold();
    begin_reduction(nxt);
  }
  phase_ = RecoveryPhase::recovery;
}

void Recovery::reduce_for_congestion(Sequence, Sequence nxt) {
  prior_threshold_ = 0;
  if (phase_ != RecoveryPhase::open && phase_ != RecoveryPhase::disorder) return;
  undo_from_.reset();
  begin_reduction(nxt);
  phase_ = RecoveryPhase::reduction;
}

// Open, or in disorder where something is missing or was sent twice.
void Recovery::settle_open(Sequence nxt) {
  const bool disorder = board_.sacked() > 0 || board_.lost() > 0 || any_repetition();
  const auto phase = disorder ? RecoveryPhase::disorder : RecoveryPhase::open;
  if (phase_ == phase) return;
  phase_ = phase;
  high_ = nxt;
}

void Recovery::judge(const AckEvent& event, News& news) {
  const bool carries_news = event.window_moved || news.acked;
  if (carries_news && !news.sack.any && !news.sack.duplicate && !event.congestion &&
      phase_ == RecoveryPhase::open) {
    return;
  }
  if (!news.advanced && !carries_news && !news.sack.duplicate) news.duplicates = 1;
  if (board_.empty() && board_.sacked() > 0) board_.set_anonymous_sacks(0);
  if (news.reneged) return;  // the retransmission timer will tell (RFC 2018 8)
  if (event.congestion) prior_threshold_ = 0;
  if (!leave_if_over(event)) return;

  bool go_on = true;
  if (phase_ == RecoveryPhase::recovery) {
    go_on = in_recovery_phase(event, news);
  } else if (phase_ == RecoveryPhase::loss) {
    go_on = in_loss_phase(event, news);
  }
  if (!go_on || phase_ == RecoveryPhase::recovery) return;
  if (phase_ == RecoveryPhase::loss && !news.repetition_lost) return;

  if (!sack_) {
    if (news.advanced) board_.set_anonymous_sacks(0);
    if (news.duplicates > 0) delivery_.count(NewReno::add_duplicate(board_));
  }
  if (phase_ == RecoveryPhase::open || phase_ == RecoveryPhase::disorder) undo_by_duplicates();
  detect_losses(event, news);
  if (board_.lost() > 0) return enter_recovery(event.una, event.nxt, event.congestion);
  if (!any_repetition()) first_repetition_.reset();
  if (event.congestion) reduce_for_congestion(event.una, event.nxt);
  if (phase_ != RecoveryPhase::reduction) settle_open(event.nxt);
}

// What was outstanding when the phase began may have been acknowledged. False: nothing more is to
// be done.
bool Recovery::leave_if_over(const AckEvent& event) {
  if (phase_ == RecoveryPhase::open) {
    first_repetition_.reset();
    return true;
  }
  if (before(event.una, high_)) return true;
  if (phase_ == RecoveryPhase::reduction && event.una != high_) {
    end_reduction();
    phase_ = RecoveryPhase::open;
  } else if (phase_ == RecoveryPhase::recovery) {
    if (!sack_) board_.set_anonymous_sacks(0);
    // Without SACK, late duplicates would start it anew (RFC 6582 4.1): it lasts until more than
    // what was outstanding is acknowledged.
    if (!sack_ && event.una == high_) {
      if (may_undo()) undo(false);
      if (!any_repetition()) first_repetition_.reset();
      return false;
    }
    rack_.on_recovered();
    undo_recovery();
    end_reduction();
  }
  return true;
}

// Whether the rest, that of an open phase, is to be done.
bool Recovery::in_recovery_phase(const AckEvent& event, News& news) {
  if (!news.advanced) {
    if (!sack_ && news.duplicates > 0) delivery_.count(NewReno::add_duplicate(board_));
  } else if (undo_from_ && echo_is_older()) {
    // The hole was filled by a late segment, not by its repetition.
    check_reordering(news.prior_una, event);
    if (board_.repeated() > 0) return false;
    if (!any_repetition()) first_repetition_.reset();
    undo(true);
    settle_open(event.nxt);
  }
  if (undo_by_duplicates()) settle_open(event.nxt);
  detect_losses(event, news);
  if (phase_ == RecoveryPhase::recovery) return false;
  if (board_.lost() > 0) enter_recovery(event.una, event.nxt, event.congestion);
  return false;
}

// RFC 5682 3.1 with SACK, between undoing and going on with the repair.
bool Recovery::in_loss_phase(const AckEvent& event, News& news) {
  const auto process = [&] {
    const bool recovered = at_or_after(event.una, high_);
    if (news.advanced && undo_loss(false)) return;
    if (frto_) {
      if (news.original && undo_loss(true)) return;
      if (after(event.nxt, high_)) {
        if (news.sack.any || news.duplicates > 0) frto_ = false;  // the loss was real
      } else if (news.advanced && !recovered) {
        high_ = event.nxt;
        if (event.can_send_new) {
          new_data_first_ = true;
          return;
        }
        frto_ = false;
      }
    }
    if (recovered) return undo_recovery();
    if (!sack_) {
      if (after(event.nxt, high_) && news.duplicates > 0) {
        delivery_.count(NewReno::add_duplicate(board_));
      } else if (news.advanced) {
        board_.set_anonymous_sacks(0);
      }
    }
  };
  process();
  detect_losses(event, news);
  return phase_ == RecoveryPhase::open || news.repetition_lost;
}

void Recovery::detect_losses(const AckEvent& event, News& news) {
  if (board_.empty()) return;
  if (!sack_) {
    lost_ += static_cast<std::uint32_t>(NewReno::detect(
        board_, phase_ == RecoveryPhase::recovery, news.advanced, phase_ == RecoveryPhase::loss));
    return;
  }
  const bool recovering = phase_ == RecoveryPhase::recovery || phase_ == RecoveryPhase::loss;
  const auto verdict = rack_.detect(board_, rtt_, recovering, event.now);
  lost_ += static_cast<std::uint32_t>(verdict.lost);
  news.repetition_lost = news.repetition_lost || verdict.repetition_lost;
  if (verdict.wait > Duration{}) {
    news.timer.reordering = verdict.wait;
    news.timer.rearm = false;
  }
}

TimerRequest Recovery::on_reordering_timeout(Sequence una, Sequence nxt, TimePoint now) {
  const bool recovering = phase_ == RecoveryPhase::recovery || phase_ == RecoveryPhase::loss;
  const auto in_flight = board_.in_flight();
  const auto verdict = rack_.detect(board_, rtt_, recovering, now, true);
  lost_ += static_cast<std::uint32_t>(verdict.lost);
  if (board_.in_flight() != in_flight && phase_ != RecoveryPhase::recovery) {
    enter_recovery(una, nxt, false);
    if (!control_->governs()) {
      window_.segments =
          prr_.window(1, false, verdict.lost > 0, window_.threshold, board_.in_flight());
    }
  }
  return {true, std::nullopt};
}

// Linux's tcp_simple_retransmit: the window stays, as its segments have become smaller.
void Recovery::on_smaller_segments(std::uint32_t segment_bytes, Sequence nxt) {
  const auto lost = board_.split(segment_bytes);
  if (lost == 0) return;
  lost_ += static_cast<std::uint32_t>(lost);
  if (phase_ == RecoveryPhase::loss) return;
  high_ = nxt;
  window_.threshold = current_threshold();
  prior_threshold_ = 0;
  undo_from_.reset();
  frto_ = false;
  new_data_first_ = false;
  probe_end_.reset();
  phase_ = RecoveryPhase::loss;
}

// Linux's tcp_enter_loss.
void Recovery::on_timeout(Sequence una, Sequence nxt, TimePoint now, std::uint32_t) {
  const bool new_recovery = phase_ != RecoveryPhase::recovery && phase_ != RecoveryPhase::loss;
  const bool reneged = !board_.empty() && board_[0].sacked;
  if (reneged) {
    // The receiver has dropped what it had SACKed (RFC 2018 8), or it would acknowledge it.
    board_.forget_sacks();
    tagger_.forget();
  } else if (!sack_) {
    board_.set_anonymous_sacks(0);
  }
  for (int i = 0; i < board_.outstanding(); ++i) {
    // What was sent a moment ago may still arrive (RFC 8985 6.3).
    if (i > 0 && sack_ && !reneged && !rack_.overdue(board_[i], now)) continue;
    if (board_.mark_lost(i)) ++lost_;
  }
  AckSample when;
  when.now = now;
  when.una = una;
  when.nxt = nxt;
  if (phase_ == RecoveryPhase::open || phase_ == RecoveryPhase::disorder ||
      at_or_before(high_, una) || (phase_ == RecoveryPhase::loss && timeouts_ == 0)) {
    prior_threshold_ = current_threshold();
    prr_.set_prior_window(window_.segments);
    window_.threshold = control_->threshold_after_loss(window_);
    begin_undo(una);
  }
  window_.segments = board_.in_flight() + 1;
  window_.counted = 0;
  if (phase_ == RecoveryPhase::open || phase_ == RecoveryPhase::disorder) {
    rack_.on_timeout_in_disorder(board_.sacked());
  }
  phase_ = RecoveryPhase::loss;
  control_->on_timeout(when);
  high_ = nxt;
  probe_end_.reset();
  tell_reduced_ = true;
  frto_ = new_recovery || timeouts_ > 0;
  new_data_first_ = false;
  ++timeouts_;
}

}  // namespace dispatch::sim::tcp
