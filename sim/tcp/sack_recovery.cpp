#include "sim/tcp/sack_recovery.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

RecoveryVerdict SackRecovery::on_ack(const AckEvent& event, Scoreboard& scoreboard) {
  RecoveryVerdict verdict;
  judged_ = std::max(0, judged_ - event.acked);
  take_blocks(event, scoreboard);
  if (phase_ != RecoveryPhase::open && at_or_after(event.una, recover_)) {
    verdict.recovered = phase_ == RecoveryPhase::recovery;
    phase_ = RecoveryPhase::open;
  }
  const bool lost = mark_lost(scoreboard);
  if (lost && phase_ == RecoveryPhase::open) {
    phase_ = RecoveryPhase::recovery;
    recover_ = event.nxt;
    verdict.loss = verdict.retransmit = true;
  }
  return verdict;
}

void SackRecovery::take_blocks(const AckEvent& event, Scoreboard& scoreboard) {
  for (const auto& block : event.sack) {
    if (!after(block.begin, event.una) || after(block.end, event.nxt) ||
        !before(block.begin, block.end)) {
      continue;  // a duplicate (RFC 2883), or nonsense
    }
    const SackBlock* inside = nullptr;
    for (std::uint8_t i = 0; i < known_count_; ++i) {
      const auto& known = known_[i];
      if (before(known.begin, block.begin) || after(known.end, block.end)) continue;
      if (inside == nullptr || known.end - known.begin > inside->end - inside->begin) {
        inside = &known;
      }
    }
    if (inside != nullptr) {
      take(block, block.begin, inside->begin, scoreboard);
      take(block, inside->end, block.end, scoreboard);
    } else {
      take(block, block.begin, block.end, scoreboard);
    }
  }
  known_count_ = static_cast<std::uint8_t>(std::min(event.sack.size(), known_.size()));
  std::copy_n(event.sack.begin(), known_count_, known_.begin());
}

// Marks the segments that touch [from, to) and that the block covers wholly.
void SackRecovery::take(const SackBlock& block, Sequence from, Sequence to,
                        Scoreboard& scoreboard) {
  for (auto i = scoreboard.index_of(from);
       i < scoreboard.outstanding() && before(scoreboard[i].begin, to); ++i) {
    const auto& segment = scoreboard[i];
    if (before(segment.begin, block.begin) || after(segment.end(), block.end)) continue;
    if (scoreboard.sacked() == 0 || after(segment.end(), highest_sack_)) {
      highest_sack_ = segment.end();
    }
    scoreboard.mark_sacked(i);
  }
}

// Whether there are new ones.
bool SackRecovery::mark_lost(Scoreboard& scoreboard) {
  if (scoreboard.sacked() < kDuplicateThreshold) return false;
  auto index = scoreboard.index_of(highest_sack_ - 1);
  for (int arrived = 0; index >= 0; --index) {
    if (scoreboard[index].sacked && ++arrived == kDuplicateThreshold) break;
  }
  bool found = false;
  for (; judged_ < index; ++judged_) {
    const auto& segment = scoreboard[judged_];
    if (segment.sacked || segment.lost || segment.retransmitted) continue;
    scoreboard.mark_lost(judged_);
    found = true;
  }
  return found;
}

void SackRecovery::on_timeout(Sequence nxt, Scoreboard& scoreboard) {
  if (phase_ != RecoveryPhase::loss) recover_ = nxt;
  phase_ = RecoveryPhase::loss;
  // The receiver has dropped what it had SACKed (RFC 2018 8), or it would acknowledge it.
  if (!scoreboard.empty() && scoreboard[0].sacked) {
    scoreboard.forget_sacks();
    known_count_ = 0;
  }
  scoreboard.mark_all_lost();
  judged_ = scoreboard.outstanding();
}

}  // namespace dispatch::sim::tcp
