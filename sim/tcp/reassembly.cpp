#include "sim/tcp/reassembly.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

// An array that had grown beyond this is given back when the holes are filled.
constexpr std::size_t kKeptPieces = 16;

}  // namespace

void Reassembly::insert(Sequence begin, const Payload& payload) {
  latest_ = begin;
  for (const auto& slice : payload.slices) {
    insert(begin, slice);
    begin += static_cast<Sequence>(slice.size());
  }
}

void Reassembly::insert(Sequence begin, Slice data) {
  auto index = static_cast<std::size_t>(std::upper_bound(pieces_.begin(), pieces_.end(), begin,
                                                         [](Sequence value, const Piece& piece) {
                                                           return before(value, piece.begin);
                                                         }) -
                                        pieces_.begin());
  const auto skip_to = [&](Sequence end) {
    const auto count = std::min<std::size_t>(end - begin, data.size());
    data.remove_prefix(count);
    begin += static_cast<Sequence>(count);
  };
  if (index > 0 && after(pieces_[index - 1].end(), begin)) skip_to(pieces_[index - 1].end());
  while (!data.empty()) {
    if (index == pieces_.size()) {
      place(index, begin, std::move(data));
      return;
    }
    const std::size_t gap = pieces_[index].begin - begin;
    if (gap >= data.size()) {
      place(index, begin, std::move(data));
      return;
    }
    if (gap > 0) {
      const auto size = pieces_.size();
      place(index, begin, data.part(0, gap));
      index += pieces_.size() - size;  // it may have joined the one before
    }
    skip_to(pieces_[index].end());
    ++index;
  }
}

void Reassembly::place(std::size_t index, Sequence begin, Slice data) {
  bytes_ += data.size();
  if (index > 0 && pieces_[index - 1].end() == begin && pieces_[index - 1].data.join(data)) return;
  pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(index),
                 Piece{begin, std::move(data)});
}

void Reassembly::take(Sequence& next, ReceiveQueue& into) {
  std::size_t taken = 0;
  for (; taken < pieces_.size() && at_or_before(pieces_[taken].begin, next); ++taken) {
    auto& piece = pieces_[taken];
    bytes_ -= piece.data.size();
    if (at_or_before(piece.end(), next)) continue;
    const auto end = piece.end();
    piece.data.remove_prefix(next - piece.begin);
    into.push(std::move(piece.data));
    next = end;
  }
  if (taken == pieces_.size() && pieces_.capacity() > kKeptPieces) {
    clear();
  } else {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(taken));
  }
}

std::uint8_t Reassembly::blocks(std::array<SackBlock, 4>& into, std::size_t most) const {
  most = std::min(most, into.size());
  if (most == 0 || pieces_.empty()) return 0;
  std::uint8_t count = 1;
  bool found = false;  // the block of the latest arrival has its place at the front
  for (std::size_t i = 0; i < pieces_.size();) {
    SackBlock range{pieces_[i].begin, pieces_[i].end()};
    for (++i; i < pieces_.size() && pieces_[i].begin == range.end; ++i)
      range.end = pieces_[i].end();
    if (!found && at_or_before(range.begin, latest_) && before(latest_, range.end)) {
      into[0] = range;
      found = true;
    } else if (count < most) {
      into[count++] = range;
    }
    if (found && count == most) break;
  }
  if (!found) {  // the latest arrival has been delivered since
    for (std::uint8_t i = 1; i < count; ++i) into[i - 1u] = into[i];
    --count;
  }
  return count;
}

void Reassembly::clear() {
  pieces_ = {};
  bytes_ = 0;
}

}  // namespace dispatch::sim::tcp
