// Bytes that arrived ahead of a hole.
#pragma once

#include "sim/tcp/receive_queue.hpp"
#include "sim/tcp/segment.hpp"
#include "sim/tcp/sequence.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace dispatch::sim::tcp {

// Pieces in order of their sequence numbers, none overlapping: bytes that are there already are not
// replaced (RFC 9293 3.10.7.4: either choice is right).
class Reassembly {
 public:
  bool empty() const { return pieces_.empty(); }
  std::size_t bytes() const { return bytes_; }
  Sequence end() const { return pieces_.back().end(); }  // not empty

  void insert(Sequence begin, const Payload& payload);

  // The latest arrival was in none of the two ranges that grew last: where an acknowledgment waits,
  // it should not wait for more (Linux: TCP_SACK_BLOCKS_EXPECTED).
  bool is_scattered() const { return scattered_; }

  // Moves what has become contiguous at `next` into the queue, and `next` behind it.
  void take(Sequence& next, ReceiveQueue& into);

  // The ranges that grew last, the latest first (RFC 2018 4): how many, at most `most`.
  std::uint8_t blocks(std::array<SackBlock, 4>& into, std::size_t most) const;

  void clear();

 private:
  struct Piece {
    Sequence begin = 0;
    Slice data;

    Sequence end() const { return begin + static_cast<Sequence>(data.size()); }
  };

  void insert(Sequence begin, Slice data);
  void remember(Sequence begin, Sequence end);
  void forget_before(Sequence next);
  void place(std::size_t index, Sequence begin, Slice data);

  std::vector<Piece> pieces_;
  std::size_t bytes_ = 0;
  bool scattered_ = false;
  std::array<SackBlock, 4> recent_{};
  std::uint8_t recent_count_ = 0;
};

}  // namespace dispatch::sim::tcp
