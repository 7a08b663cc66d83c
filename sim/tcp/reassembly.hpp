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

  void insert(Sequence begin, const Payload& payload);

  // Moves what has become contiguous at `next` into the queue, and `next` behind it.
  void take(Sequence& next, ReceiveQueue& into);

  // The ranges that it holds, the one that grew last first (RFC 2018 4): how many, at most `most`.
  std::uint8_t blocks(std::array<SackBlock, 4>& into, std::size_t most) const;

  void clear();

 private:
  struct Piece {
    Sequence begin = 0;
    Slice data;

    Sequence end() const { return begin + static_cast<Sequence>(data.size()); }
  };

  void insert(Sequence begin, Slice data);
  void place(std::size_t index, Sequence begin, Slice data);

  std::vector<Piece> pieces_;
  std::size_t bytes_ = 0;
  Sequence latest_ = 0;  // where the last arrival was
};

}  // namespace dispatch::sim::tcp
