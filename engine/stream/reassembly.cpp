#include "engine/stream/reassembly.hpp"

#include "engine/stream/erasure_code.hpp"

#include <algorithm>

namespace dispatch::stream {

Reassembly::Reassembly(net::Duration patience) : patience_(patience) {}

void Reassembly::begin(std::uint64_t sequence, net::TimePoint now) {
  if (begun_) return;
  begun_ = true;
  slots_.resize(kWindow);
  next_ = known_ = sequence < kBeginning ? 0 : sequence;
  know(sequence, now);
}

// Those below that were not known of are missing, from now on.
void Reassembly::know(std::uint64_t below, net::TimePoint now) {
  for (below = std::min(below, next_ + kAhead); known_ < below; ++known_) {
    auto& unknown = slot(known_);
    unknown.sequence = known_;
    unknown.here = false;
    unknown.missing_since = now;
    unknown.asked.reset();
    unknown.asked_last.reset();
    ++missing_;
  }
}

bool Reassembly::is_here(std::uint64_t sequence) const {
  return slot(sequence).sequence == sequence && slot(sequence).here;
}

bool Reassembly::put(std::uint64_t sequence, const Frame& frame) {
  auto& place = slot(sequence);
  if (!has_room_for(frame.payload.size())) return false;
  held_ += frame.payload.size() - place.payload.size();
  place.here = true;
  place.time = frame.time;
  place.payload.assign(frame.payload.begin(), frame.payload.end());
  --missing_;
  ++figures_.received;
  return true;
}

// Those that have gone on are kept for what parity may tell, and only as long as there is room.
bool Reassembly::has_room_for(std::size_t bytes) {
  if (held_ + bytes <= kBytesMost) return true;
  for (auto& each : slots_) {
    if (each.sequence >= next_ || each.payload.empty()) continue;
    held_ -= each.payload.size();
    each = Slot{};
  }
  while (held_ + bytes > kBytesMost && !groups_.empty()) forget_group(groups_.begin());
  return held_ + bytes <= kBytesMost;
}

void Reassembly::forget_group(Groups::iterator group) {
  for (const auto& row : group->second.rows) held_ -= row.second.size();
  groups_.erase(group);
}

// A frame that was missing has come, by itself or because it was asked for.
void Reassembly::learn(const Slot& late, bool again, net::TimePoint now) {
  const auto lateness = now - late.missing_since;
  if (!again) {
    lateness_ = std::max(lateness_, lateness * 5 / 4);
    return;
  }
  lateness_ = std::max(kLatenessLeast, lateness_ - lateness_ / 64);
  if (!late.asked || late.asked != late.asked_last) return;  // nobody knows which was heard
  round_trip_ += (now - *late.asked - round_trip_) / 8;
}

void Reassembly::data(const Frame& frame, net::TimePoint now) {
  const auto sequence = frame.sequence;
  if (sequence >= UINT64_MAX - kWindow) return;  // no stream is so long
  begin(sequence, now);
  if (make_room_for(sequence)) skip();
  if (sequence < next_ || is_here(sequence)) {
    ++figures_.duplicates;
    return;
  }
  const bool was_missing = sequence < known_;
  know(sequence + 1, now);
  if (!put(sequence, frame) || !was_missing) return;
  learn(slot(sequence), frame.again, now);
  ++(frame.again ? figures_.repaired : figures_.reordered);
  solve_around(sequence, now);
}

void Reassembly::probe(std::uint64_t next, net::TimePoint now) {
  if (next >= UINT64_MAX - kWindow) return;
  if (!begun_ && next >= kBeginning) return;  // who comes late misses nothing
  begin(next, now);
  know(next, now);
}

void Reassembly::end(std::uint64_t count, net::TimePoint now) {
  if (count >= UINT64_MAX - kWindow) return;
  begin(count, now);
  if (count < known_) return;
  if (count != 0 && make_room_for(count - 1)) skip();
  end_ = std::max(end_.value_or(0), count);
  know(count, now);
}

void Reassembly::parity(const ParityFrame& frame, net::TimePoint now) {
  if (frame.first >= UINT64_MAX - 2 * kWindow) return;
  if (!begun_ && frame.first >= kBeginning) return;
  begin(frame.first, now);
  const auto end = frame.first + frame.data;
  // All of them gone on, or too far ahead: nothing to be done.
  if (end <= next_ || end > next_ + kAhead) return;
  know(end, now);
  forget_groups();
  if (groups_.size() >= kGroupsMost && !groups_.contains(frame.first)) return;
  auto& group = groups_[frame.first];
  // Two groups that begin alike are not of one sender: the first counts.
  if (group.rows.empty()) group.data = frame.data;
  if (group.data != frame.data) return;
  const bool is_known =
      std::ranges::any_of(group.rows, [&](const auto& row) { return row.first == frame.row; });
  if (is_known || held_ + frame.symbol.size() > kBytesMost) return;
  held_ += frame.symbol.size();
  group.rows.emplace_back(frame.row,
                          std::vector<std::byte>(frame.symbol.begin(), frame.symbol.end()));
  solve(frame.first, now);
}

void Reassembly::forget_groups() {
  while (!groups_.empty() && groups_.begin()->first + groups_.begin()->second.data <= next_) {
    forget_group(groups_.begin());
  }
}

// What is missing of the group of these parity frames, where that can be told.
void Reassembly::solve(std::uint64_t first, net::TimePoint now) {
  const auto found = groups_.find(first);
  const auto& group = found->second;
  std::vector<unsigned> columns;
  for (unsigned column = 0; column < group.data; ++column) {
    if (!is_here(first + column)) columns.push_back(column);
  }
  if (columns.size() > group.rows.size()) return;
  std::size_t length = 0;
  for (const auto& row : group.rows) length = std::max(length, row.second.size());
  std::vector<unsigned> rows;
  std::vector<std::vector<std::byte>> symbols;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    rows.push_back(group.rows[i].first);
    auto& symbol = symbols.emplace_back(group.rows[i].second);
    symbol.resize(length);
    for (unsigned column = 0; column < group.data; ++column) {
      if (!is_here(first + column)) continue;
      const auto& known = slot(first + column);
      // A symbol that is longer than its parity is of another group: all of it is nonsense.
      if (kSymbolHeaderBytes + known.payload.size() > length) {
        forget_group(found);
        return;
      }
      const auto factor = coefficient(rows.back(), column);
      add_scaled(symbol, symbol_header(known.time, known.payload.size()), factor);
      add_scaled(std::span(symbol).subspan(kSymbolHeaderBytes), known.payload, factor);
    }
  }
  dispatch::stream::solve(rows, columns, symbols);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto sequence = first + columns[i];
    const auto frame = frame_of_symbol(symbols[i]);
    if (!frame || sequence < next_) continue;
    if (!put(sequence, *frame)) continue;
    ++figures_.repaired;
    learn(slot(sequence), false, now);  // what parity may bring is not asked for before
  }
  forget_group(found);
}

void Reassembly::solve_around(std::uint64_t sequence, net::TimePoint now) {
  const auto after = groups_.upper_bound(sequence);
  if (after == groups_.begin()) return;
  const auto& [first, group] = *std::prev(after);
  if (sequence < first + group.data) solve(first, now);
}

std::optional<Frame> Reassembly::pop(net::TimePoint now) {
  while (has_gaps()) {
    auto& next = slot(next_);
    if (next.here) {
      Frame frame;
      frame.sequence = next_++;
      frame.time = next.time;
      frame.payload = next.payload;
      return frame;
    }
    if (next_ >= needed_ && now - next.missing_since < patience_) return std::nullopt;
    ++next_;
    ++given_up_;
    --missing_;
  }
  return std::nullopt;
}

bool Reassembly::make_room_for(std::uint64_t sequence) {
  if (!begun_ || sequence < next_ || sequence - next_ < kAhead) return false;
  needed_ = sequence - kAhead + 1;
  return true;
}

// What nobody has popped is dropped; what nobody knew of is given up.
void Reassembly::skip() {
  for (; next_ < std::min(known_, needed_); ++next_) {
    ++given_up_;
    if (is_here(next_)) {
      --figures_.received;
    } else {
      --missing_;
    }
  }
  if (next_ >= needed_) return;
  given_up_ += needed_ - next_;
  next_ = known_ = needed_;
}

SequenceFigures Reassembly::figures() const {
  auto figures = figures_;
  figures.lost = given_up_ + missing_;
  return figures;
}

std::vector<Report::Range> Reassembly::ask(net::TimePoint now) {
  std::vector<Report::Range> ranges;
  const auto retry = std::max(kRetryLeast, round_trip_ * 3 / 2);
  const auto wait = std::min(lateness_, patience_ / 4);
  for (auto each = next_; begun_ && each < known_; ++each) {
    auto& missing = slot(each);
    if (missing.here || now - missing.missing_since < wait) continue;
    if (missing.asked_last && now - *missing.asked_last < retry) continue;
    const auto distance = static_cast<std::uint32_t>(each - next_);
    if (!ranges.empty() && ranges.back().first + ranges.back().count == distance) {
      ++ranges.back().count;
    } else if (ranges.size() == Report::kRangesMost) {
      break;
    } else {
      ranges.push_back({distance, 1});
    }
    if (!missing.asked) missing.asked = now;
    missing.asked_last = now;
  }
  return ranges;
}

}  // namespace dispatch::stream
