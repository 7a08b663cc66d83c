#include "sim/tcp/scoreboard.hpp"

#include <algorithm>
#include <cassert>

namespace dispatch::sim::tcp {

void Scoreboard::append(Sequence begin, std::uint32_t length, bool fin, TimePoint now) {
  assert(empty() || segments_.back().end() == begin);
  SentSegment segment;
  segment.begin = begin;
  segment.length = length;
  segment.sent = now;
  segment.fin = fin;
  segments_.push_back(segment);
}

Acknowledged Scoreboard::acknowledge(Sequence una) {
  Acknowledged acked;
  while (!segments_.empty() && before(segments_.front().begin, una)) {
    auto& head = segments_.front();
    if (after(head.end(), una)) {  // a part of it: the rest stays, and counts as a segment
      head.length = head.end() - una;
      head.begin = una;
      break;
    }
    ++acked.segments;
    if (!head.sacked) {
      ++acked.newly_arrived;
      if (head.retransmitted) {
        acked.retransmitted = true;
      } else {
        if (!acked.first_sent) acked.first_sent = head.sent;
        acked.last_sent = head.sent;
      }
    }
    lost_ -= head.lost ? 1 : 0;
    sacked_ -= head.sacked ? 1 : 0;
    segments_.pop_front();
  }
  lost_hint_ = std::max(0, lost_hint_ - acked.segments);
  return acked;
}

void Scoreboard::mark_lost(int index) {
  auto& segment = at(index);
  if (segment.lost || segment.sacked) return;
  segment.lost = true;
  ++lost_;
  lost_hint_ = std::min(lost_hint_, index);
}

void Scoreboard::mark_all_lost() {
  for (int i = 0; i < outstanding(); ++i) mark_lost(i);
}

void Scoreboard::mark_sacked(int index) {
  auto& segment = at(index);
  if (segment.sacked) return;
  if (segment.lost) {
    segment.lost = false;
    --lost_;
  }
  segment.sacked = true;
  ++sacked_;
}

void Scoreboard::forget_sacks() {
  for (int i = 0; i < outstanding(); ++i) at(i).sacked = false;
  sacked_ = 0;
}

int Scoreboard::first_lost() {
  if (lost_ == 0) return -1;
  while (!at(lost_hint_).lost) ++lost_hint_;
  return lost_hint_;
}

void Scoreboard::on_retransmitted(int index, TimePoint now) {
  auto& segment = at(index);
  if (segment.lost) {
    segment.lost = false;
    --lost_;
  }
  segment.retransmitted = true;
  segment.sent = now;
}

int Scoreboard::index_of(Sequence sequence) const {
  int low = 0;
  int high = outstanding();
  while (low < high) {
    const auto middle = (low + high) / 2;
    if (at_or_before((*this)[middle].end(), sequence)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace dispatch::sim::tcp
