// What the recovery lets out.
#include "sim/tcp/recovery.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

std::optional<int> Recovery::next_repetition() {
  if (new_data_first_ || !board_.to_repair()) return std::nullopt;
  if (board_.in_flight() >= window_.segments) return std::nullopt;
  return board_.first_to_repair();
}

bool Recovery::may_send_new() const {
  return board_.in_flight() < window_.segments && (new_data_first_ || !board_.to_repair());
}

SentSegment Recovery::on_repetition(int index, TimePoint now, std::uint32_t clock) {
  auto& segment = board_.on_retransmitted(index, now);
  delivery_.on_sent(segment, false);
  if (!first_repetition_) first_repetition_ = clock;
  repetitions_out_ = std::max(repetitions_out_, 0) + 1;
  if (reducing()) prr_.on_sent();
  ++retransmits_;
  return segment;
}

void Recovery::on_new(Sequence begin, std::uint32_t length, bool fin, TimePoint now) {
  const bool first = board_.empty();
  delivery_.on_sent(board_.append(begin, length, fin, now), first);
  if (reducing()) prr_.on_sent();
}

// RFC 5681 4.1, RFC 2861: half for each time-out that the pause lasted, down to the initial window.
void Recovery::on_restart(Duration pause, Duration timeout, int initial_window, TimePoint now) {
  if (control_->governs()) {
    if (delivery_.application_limited()) control_->on_restart(window_, pause, now);
    return;
  }
  control_->on_restart(window_, pause, now);
  if (pause <= timeout) return;
  window_.threshold = current_threshold();
  const auto least = std::min(initial_window, window_.segments);
  for (auto left = pause - timeout; left > Duration{} && window_.segments > least;
       left -= timeout) {
    window_.segments /= 2;
  }
  window_.segments = std::max(window_.segments, least);
}

void Recovery::on_stopped(bool limited, bool blocked_writer, Sequence una, Sequence nxt,
                          Duration timeout, TimePoint now) {
  if (new_data_first_ && !after(nxt, high_)) {  // F-RTO has nothing to ask with: the loss is real
    new_data_first_ = false;
    frto_ = false;
  }
  usage_.on_sent(limited, board_.outstanding(), una, nxt);
  if (usage_.used(window_.segments, window_.in_slow_start())) {
    usage_.on_used(now);
  } else if (!control_->governs()) {
    const auto used = usage_.unused_for(timeout, now);
    if (used && phase_ == RecoveryPhase::open && !blocked_writer) {
      const auto needed = std::max(*used, 10);
      if (needed < window_.segments) {
        window_.threshold = current_threshold();
        window_.segments = (window_.segments + needed) / 2;
      }
    }
  }
}

bool Recovery::may_probe() const {
  return sack_ && !board_.empty() &&
         (phase_ == RecoveryPhase::open || phase_ == RecoveryPhase::reduction);
}

SentSegment Recovery::repeat_last(TimePoint now) {
  auto& segment = board_.on_retransmitted(board_.outstanding() - 1, now);
  delivery_.on_sent(segment, false);
  ++retransmits_;
  return segment;
}

}  // namespace dispatch::sim::tcp
