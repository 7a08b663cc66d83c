#include "sim/tcp/rack.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

constexpr int kMostSteps = 255;

bool sent_after(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) > 0;
}

}  // namespace

void Rack::on_delivered(const SentSegment& segment, TimePoint now, Duration minimum_rtt) {
  const auto rtt = now - segment.sent;
  if (segment.retransmitted && rtt < minimum_rtt) return;
  advanced_ = true;
  rtt_ = rtt;
  if (sent_after(segment.order, newest_)) newest_ = segment.order;
}

void Rack::update_window(std::uint32_t prior_delivered, std::uint32_t delivered) {
  if (prior_delivered == 0) return;
  // At most once in a round trip.
  if (static_cast<std::int32_t>(prior_delivered - last_delivered_) < 0) duplicate_seen_ = false;
  if (duplicate_seen_) {
    steps_ = std::min(steps_ + 1, kMostSteps);
    duplicate_seen_ = false;
    last_delivered_ = delivered;
    persist_ = kPersist;
  } else if (persist_ == 0) {
    steps_ = 1;
  }
}

Duration Rack::window(const Scoreboard& board, const RttEstimator& rtt, bool recovering) const {
  if (reordering_seen_ == 0 && (recovering || board.sacked() >= degree_)) return {};
  return std::min(rtt.minimum() / 4 * steps_, rtt.smoothed());
}

Rack::Verdict Rack::detect(Scoreboard& board, const RttEstimator& rtt, bool recovering,
                           TimePoint now, bool always) {
  Verdict verdict;
  if (!advanced_ && !always) return verdict;
  advanced_ = false;
  const auto allowed = rtt_ + window(board, rtt, recovering);
  for (auto i = board.oldest(); i >= 0;) {
    const auto& segment = board[i];
    if (!sent_after(newest_, segment.order)) break;
    const auto next = board.next_newer(i);
    const auto left = allowed - (now - segment.sent);
    if (left > Duration{}) {
      verdict.wait = std::max(verdict.wait, left);
    } else {
      verdict.repetition_lost = verdict.repetition_lost || segment.repeated;
      if (board.mark_lost(i)) ++verdict.lost;
    }
    i = next;
  }
  return verdict;
}

}  // namespace dispatch::sim::tcp
