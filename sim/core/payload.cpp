#include "sim/core/payload.hpp"

#include <cassert>
#include <cstring>
#include <new>

namespace dispatch::sim {

Block* Block::make(std::size_t capacity) {
  return new (::operator new(sizeof(Block) + capacity)) Block(capacity);
}

void Block::release() {
  if (--users_ == 0) ::operator delete(this);
}

Slice Slice::copy_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  auto* block = Block::make(bytes.size());
  std::memcpy(block->data(), bytes.data(), bytes.size());
  return {block, 0, bytes.size()};
}

Slice Slice::part(std::size_t from, std::size_t count) const {
  assert(from + count <= size_);
  if (count == 0) return {};
  block_->retain();
  return {block_, offset_ + from, count};
}

}  // namespace dispatch::sim
