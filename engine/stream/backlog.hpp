// What an output could not send yet: datagrams in the order in which they came.
#pragma once

#include "engine/net/ring.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace dispatch::stream {

// A ring of bytes that grows as it is needed, and keeps its memory for the next time.
class Backlog {
 public:
  // A datagram's bytes: where the ring ends in the midst of it, in two parts.
  struct Parts {
    std::span<const std::byte> first;
    std::span<const std::byte> second;
  };

  bool empty() const { return sizes_.empty(); }
  std::size_t datagrams() const { return sizes_.size(); }
  std::size_t bytes() const { return used_; }
  // What counts as used: a datagram that is empty is one all the same.
  std::size_t cost() const { return used_ + kEach * sizes_.size(); }

  // Of both parts, one behind the other.
  void push(std::span<const std::byte> head, std::span<const std::byte> data);
  // The first has index 0 and begins at `offset` 0; that of the next is the end of this one.
  Parts at(std::size_t index, std::size_t offset) const {
    return {part(offset, sizes_[index]), rest(offset, sizes_[index])};
  }
  std::size_t front_size() const { return sizes_.front(); }
  std::size_t size_of(std::size_t index) const { return sizes_[index]; }
  void pop_front();

  // The bytes from `offset` on, whatever datagrams they are of, as far as they lie in one piece.
  std::span<const std::byte> contiguous(std::size_t offset) const {
    return part(offset, used_ - offset);
  }

  friend void swap(Backlog& a, Backlog& b) noexcept {
    std::swap(a.bytes_, b.bytes_);
    std::swap(a.capacity_, b.capacity_);
    std::swap(a.head_, b.head_);
    std::swap(a.used_, b.used_);
    std::swap(a.sizes_, b.sizes_);
  }

 private:
  static constexpr std::size_t kEach = 16;  // bytes of bookkeeping, about

  std::span<const std::byte> part(std::size_t offset, std::size_t size) const;
  std::span<const std::byte> rest(std::size_t offset, std::size_t size) const;
  void make_room(std::size_t more);
  void append(std::span<const std::byte> bytes);

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t capacity_ = 0;  // zero or a power of two
  std::size_t head_ = 0;
  std::size_t used_ = 0;
  net::Ring<std::uint32_t> sizes_;
};

}  // namespace dispatch::stream
