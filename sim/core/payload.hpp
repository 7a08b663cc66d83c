// Bytes on their way through the simulator: shared, immutable, never copied per packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace dispatch::sim {

// A block of bytes with a count of its users. Not thread-safe: a simulation is one thread's.
//
// Freed blocks are kept for the next make() on the same thread (a bounded number of each size), so
// that traffic in its steady state does not go to the allocator.
class Block {
 public:
  // With room for at least `capacity` bytes (rounded up to what the cache keeps), and one user.
  static Block* make(std::size_t capacity);

  std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
  std::size_t capacity() const { return capacity_; }

  void retain() { ++users_; }
  void release() {
    if (--users_ == 0) dispose();
  }
  bool shared() const { return users_ > 1; }

 private:
  explicit Block(std::size_t capacity) : capacity_(static_cast<std::uint32_t>(capacity)) {}
  void dispose();

  std::uint32_t users_ = 1;
  std::uint32_t capacity_;
};

// A part of a block. Copying one copies a pointer. Or bytes that nobody will look at, of which
// there is nothing but their number ("blank"); who looks all the same sees zeros.
class Slice {
 public:
  Slice() = default;
  // Takes over one use of `block`.
  Slice(Block* block, std::size_t offset, std::size_t size)
      : block_(block),
        offset_(static_cast<std::uint32_t>(offset)),
        size_(static_cast<std::uint32_t>(size)) {}
  Slice(const Slice& other) : block_(other.block_), offset_(other.offset_), size_(other.size_) {
    if (block_ != nullptr) block_->retain();
  }
  Slice(Slice&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        offset_(other.offset_),
        size_(std::exchange(other.size_, 0)) {}
  Slice& operator=(Slice other) noexcept {
    std::swap(block_, other.block_);
    std::swap(offset_, other.offset_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Slice() {
    if (block_ != nullptr) block_->release();
  }

  // A slice of its own that holds a copy of `bytes`.
  static Slice copy_of(std::span<const std::byte> bytes);
  static Slice blank(std::size_t size) { return {nullptr, 0, size}; }

  bool is_blank() const { return block_ == nullptr && size_ > 0; }
  // Its first `count` bytes, to `to`.
  void copy_to(std::byte* to, std::size_t count) const;
  // Not of a blank one.
  std::span<const std::byte> bytes() const {
    return block_ == nullptr ? std::span<const std::byte>{}
                             : std::span<const std::byte>{block_->data() + offset_, size_};
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The bytes [from, from + count) of this slice, sharing its block.
  Slice part(std::size_t from, std::size_t count) const;

  // Drops the first `count` bytes.
  void remove_prefix(std::size_t count);

  // Takes in the bytes of `next` where they follow this slice's in the same block, or both are
  // blank: whether it did.
  bool join(const Slice& next) {
    if (next.block_ != block_) return false;
    if (block_ == nullptr ? !is_blank() : next.offset_ != offset_ + size_) return false;
    size_ += next.size_;
    return true;
  }

  // For the maker of the block only: `count` bytes after the slice's end have been filled.
  void extend(std::size_t count) { size_ += static_cast<std::uint32_t>(count); }

 private:
  Block* block_ = nullptr;
  std::uint32_t offset_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace dispatch::sim
