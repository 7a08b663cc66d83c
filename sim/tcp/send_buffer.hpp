// The bytes from SND.UNA on: sent and unacknowledged, then not yet sent.
#pragma once

#include "engine/net/ring.hpp"
#include "sim/tcp/segment.hpp"

#include <cstddef>
#include <span>

namespace dispatch::sim::tcp {

// Small writes are copied together into one block, handed-over slices are kept as they are. How
// much may be in it is its user's decision.
class SendBuffer {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void append(std::span<const std::byte> data);
  void append(Slice data);

  // The bytes [offset, offset + count), sharing the blocks; those that straddle more than two
  // slices are copied together.
  Payload payload(std::size_t offset, std::size_t count);

  // Drops the first `count` bytes: they have been acknowledged.
  void drop(std::size_t count);
  void clear();

 private:
  struct Position {
    std::size_t slice = 0;   // index
    std::size_t offset = 0;  // of that slice's first byte, from the front of the buffer
  };

  Position find(std::size_t offset);

  net::Ring<Slice> slices_;
  std::size_t size_ = 0;
  Position cursor_;              // of the last payload() that was ahead of the others
  Block* tail_ = nullptr;        // our own block, whose bytes the last slice holds...
  std::size_t tail_filled_ = 0;  // ...up to here
};

}  // namespace dispatch::sim::tcp
