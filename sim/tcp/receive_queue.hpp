// Bytes that arrived in order and wait for the application.
#pragma once

#include "engine/net/ring.hpp"
#include "sim/core/payload.hpp"

#include <cstddef>
#include <span>

namespace dispatch::sim::tcp {

class ReceiveQueue {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Slices of one block that follow each other become one.
  void push(Slice data);
  // Copies out: how many bytes.
  std::size_t read(std::span<std::byte> buffer);
  // Forgets up to `most` bytes: how many.
  std::size_t discard(std::size_t most);
  // Hands over the next slice, at most `most` bytes of it.
  Slice read_slice(std::size_t most);
  void clear();

 private:
  void drop_front(std::size_t count);  // of the first slice

  net::Ring<Slice> slices_;
  std::size_t size_ = 0;
};

}  // namespace dispatch::sim::tcp
