#include "sim/tcp/scoreboard.hpp"

#include <algorithm>
#include <cassert>

namespace dispatch::sim::tcp {

void Scoreboard::enlist(int index) {
  auto& segment = at(index);
  const auto id = first_id_ + static_cast<std::uint32_t>(index);
  segment.listed = true;
  segment.older = newest_;
  segment.newer = kNone;
  if (listed_++ == 0) {
    oldest_ = id;
    segment.older = kNone;
  } else {
    at(this->index(newest_)).newer = id;
  }
  newest_ = id;
}

void Scoreboard::delist(int index) {
  auto& segment = at(index);
  if (!segment.listed) return;
  segment.listed = false;
  --listed_;
  if (segment.older == kNone) {
    oldest_ = segment.newer;
  } else {
    at(this->index(segment.older)).newer = segment.newer;
  }
  if (segment.newer == kNone) {
    newest_ = segment.older;
  } else {
    at(this->index(segment.newer)).older = segment.older;
  }
}

SentSegment& Scoreboard::append(Sequence begin, std::uint32_t length, bool fin, TimePoint now) {
  assert(empty() || segments_.back().end() == begin);
  segments_.push_back({});
  auto& segment = segments_.back();
  segment.begin = begin;
  segment.length = length;
  segment.sent = now;
  segment.order = ++sendings_;
  segment.fin = fin;
  enlist(outstanding() - 1);
  return segment;
}

void Scoreboard::pop_front() {
  delist(0);
  const auto& head = segments_.front();
  lost_ -= head.lost ? 1 : 0;
  repeated_ -= head.repeated ? 1 : 0;
  repaired_ -= head.lost && head.repeated ? 1 : 0;
  sacked_ -= head.sacked ? 1 : 0;
  segments_.pop_front();
  ++first_id_;
  if (repair_hint_ > 0) --repair_hint_;
}

void Scoreboard::trim_front(Sequence una) {
  auto& head = segments_.front();
  head.length = head.end() - una;
  head.begin = una;
}

bool Scoreboard::mark_lost(int index) {
  auto& segment = at(index);
  if (segment.sacked || (segment.lost && !segment.repeated)) return false;
  if (segment.repeated) {
    segment.repeated = false;
    --repeated_;
    if (segment.lost) --repaired_;
  }
  if (!segment.lost) {
    segment.lost = true;
    ++lost_;
  }
  delist(index);
  repair_hint_ = std::min(repair_hint_, index);
  return true;
}

void Scoreboard::mark_sacked(int index) {
  auto& segment = at(index);
  if (segment.sacked) return;
  // The copy of a segment that was not lost is still under way (a probe).
  if (segment.lost) {
    if (segment.repeated) {
      segment.repeated = false;
      --repeated_;
      --repaired_;
    }
    segment.lost = false;
    --lost_;
  }
  delist(index);
  if (sacked_ == 0 || after(segment.end(), highest_sacked_)) highest_sacked_ = segment.end();
  segment.sacked = true;
  ++sacked_;
}

void Scoreboard::forget_sacks() {
  for (int i = 0; i < outstanding(); ++i) at(i).sacked = false;
  sacked_ = 0;
}

void Scoreboard::forget_losses() {
  for (int i = 0; i < outstanding(); ++i) {
    auto& segment = at(i);
    if (!segment.lost) continue;
    segment.lost = false;
    if (!segment.listed) enlist(i);
  }
  lost_ = repaired_ = 0;
}

void Scoreboard::forget_repetition(int index) {
  auto& segment = at(index);
  if (!segment.repeated) return;
  segment.repeated = false;
  --repeated_;
  if (segment.lost) --repaired_;
}

int Scoreboard::first_to_repair() {
  if (!to_repair()) return -1;
  while (!at(repair_hint_).lost || at(repair_hint_).repeated) ++repair_hint_;
  return repair_hint_;
}

SentSegment& Scoreboard::on_retransmitted(int index, TimePoint now) {
  auto& segment = at(index);
  if (!segment.repeated) {
    segment.repeated = true;
    ++repeated_;
    if (segment.lost) ++repaired_;
  }
  segment.retransmitted = true;
  segment.sent = now;
  segment.order = ++sendings_;
  delist(index);
  enlist(index);
  return segment;
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
