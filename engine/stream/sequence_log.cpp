#include "engine/stream/sequence_log.hpp"

#include <algorithm>

namespace dispatch::stream {

bool SequenceLog::seen(std::uint64_t sequence) const {
  const auto place = sequence % kWindow;
  return (window_[place / 64] >> (place % 64) & 1) != 0;
}

void SequenceLog::mark(std::uint64_t sequence, bool seen) {
  const auto place = sequence % kWindow;
  const auto bit = std::uint64_t{1} << (place % 64);
  auto& word = window_[place / 64];
  word = seen ? word | bit : word & ~bit;
}

void SequenceLog::begin(std::uint64_t sequence) {
  begun_ = true;
  window_.resize(kWindow / 64);
  first_ = next_ = sequence;
}

void SequenceLog::forget(std::uint64_t from, std::uint64_t to) {
  if (to - from >= kWindow) from = to - kWindow;
  for (; from < to; ++from) mark(from, false);
}

bool SequenceLog::take(std::uint64_t sequence) {
  if (sequence == UINT64_MAX) {
    ++figures_.duplicates;
    return false;
  }
  if (!begun_) begin(sequence);
  if (sequence >= next_) {
    forget(next_, sequence);
    mark(sequence, true);
    next_ = sequence + 1;
    ++figures_.received;
    return true;
  }
  // Where the first ones were out of order, they are of the stream too.
  if (next_ - sequence > kWindow || seen(sequence)) {
    ++figures_.duplicates;
    return false;
  }
  mark(sequence, true);
  first_ = std::min(first_, sequence);
  ++figures_.received;
  ++figures_.reordered;
  return true;
}

void SequenceLog::end(std::uint64_t count) {
  ended_ = true;
  end_ = std::max(end_, count);
  if (!begun_) begin(0);
}

SequenceFigures SequenceLog::figures() const {
  auto figures = figures_;
  if (begun_) figures.lost = std::max(next_, end_) - first_ - figures.received;
  return figures;
}

}  // namespace dispatch::stream
