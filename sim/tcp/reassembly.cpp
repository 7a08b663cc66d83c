#include "sim/tcp/reassembly.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

// An array that had grown beyond this is given back when the holes are filled.
constexpr std::size_t kKeptPieces = 16;

}  // namespace

void Reassembly::insert(Sequence begin, const Payload& payload) {
  remember(begin, begin + static_cast<Sequence>(payload.size()));
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
  if (taken == pieces_.size()) recent_count_ = 0;
  forget_before(next);
  if (taken == pieces_.size() && pieces_.capacity() > kKeptPieces) {
    clear();
  } else {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(taken));
  }
}

// Linux's tcp_sack_new_ofo_skb: a range that was forgotten is not found again, and begins anew.
void Reassembly::remember(Sequence begin, Sequence end) {
  const auto extend = [](SackBlock& block, Sequence from, Sequence to) {
    if (after(from, block.end) || after(block.begin, to)) return false;
    block.begin = earlier(block.begin, from);
    block.end = later(block.end, to);
    return true;
  };
  std::uint8_t i = 0;
  while (i < recent_count_ && !extend(recent_[i], begin, end)) ++i;
  scattered_ = i >= 2;
  if (i == recent_count_) {
    if (recent_count_ < recent_.size()) ++recent_count_;
    i = static_cast<std::uint8_t>(recent_count_ - 1);
    recent_[i] = {begin, end};
  }
  std::rotate(recent_.begin(), recent_.begin() + i, recent_.begin() + i + 1);
  for (i = 1; i < recent_count_;) {
    if (extend(recent_[0], recent_[i].begin, recent_[i].end)) {
      std::copy(recent_.begin() + i + 1, recent_.begin() + recent_count_, recent_.begin() + i);
      --recent_count_;
    } else {
      ++i;
    }
  }
}

void Reassembly::forget_before(Sequence next) {
  std::uint8_t kept = 0;
  for (std::uint8_t i = 0; i < recent_count_; ++i) {
    if (after(recent_[i].begin, next)) recent_[kept++] = recent_[i];
  }
  recent_count_ = kept;
}

std::uint8_t Reassembly::blocks(std::array<SackBlock, 4>& into, std::size_t most) const {
  const auto count = std::min<std::size_t>(most, recent_count_);
  std::copy_n(recent_.begin(), count, into.begin());
  return static_cast<std::uint8_t>(count);
}

void Reassembly::clear() {
  pieces_ = {};
  bytes_ = 0;
  recent_count_ = 0;
}

}  // namespace dispatch::sim::tcp
