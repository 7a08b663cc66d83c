#include "sim/core/payload.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define DISPATCH_CACHE_BLOCKS 0  // a kept block would hide uses after its release
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DISPATCH_CACHE_BLOCKS 0
#endif
#endif
#ifndef DISPATCH_CACHE_BLOCKS
#define DISPATCH_CACHE_BLOCKS 1
#endif

namespace dispatch::sim {

namespace {

// Allocations of 2^9 to 2^16 bytes, header included, are kept.
constexpr unsigned kSmallestPower = 9;
constexpr unsigned kLargestPower = 16;
constexpr std::size_t kKeptBytesPerPower = std::size_t{1} << 20;

unsigned power_of(std::size_t bytes) {
  return std::max(kSmallestPower, static_cast<unsigned>(std::bit_width(bytes - 1)));
}

struct FreeBlock {
  FreeBlock* next;
};

struct Cache {
  std::array<FreeBlock*, kLargestPower - kSmallestPower + 1> heads{};
  std::array<std::size_t, kLargestPower - kSmallestPower + 1> bytes{};

  ~Cache();
};

// A block may outlive its thread's cache (static objects): then it goes to the allocator.
thread_local bool cache_alive = DISPATCH_CACHE_BLOCKS != 0;
thread_local Cache cache;

Cache::~Cache() {
  cache_alive = false;
  for (auto* head : heads) {
    while (head != nullptr) ::operator delete(std::exchange(head, head->next));
  }
}

}  // namespace

// The capacity depends on nothing but what was asked for, since it decides where slices end, and so
// what reaches a reader at once: not on the build, and not on whether the cache is in use.
Block* Block::make(std::size_t capacity) {
  const auto power = power_of(sizeof(Block) + capacity);
  if (power > kLargestPower) {
    return new (::operator new(sizeof(Block) + capacity)) Block(capacity);
  }
  const auto size = std::size_t{1} << power;
  auto& head = cache.heads[power - kSmallestPower];
  void* memory = nullptr;
  if (cache_alive && head != nullptr) {
    memory = std::exchange(head, head->next);
    cache.bytes[power - kSmallestPower] -= size;
  } else {
    memory = ::operator new(size);
  }
  return new (memory) Block(size - sizeof(Block));
}

void Block::dispose() {
  const auto size = sizeof(Block) + capacity_;
  const auto power = power_of(size);
  if (power <= kLargestPower && cache_alive && size == std::size_t{1} << power &&
      cache.bytes[power - kSmallestPower] < kKeptBytesPerPower) {
    cache.bytes[power - kSmallestPower] += size;
    auto& head = cache.heads[power - kSmallestPower];
    head = new (this) FreeBlock{head};
    return;
  }
  ::operator delete(this);
}

Slice Slice::copy_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  auto* block = Block::make(bytes.size());
  std::memcpy(block->data(), bytes.data(), bytes.size());
  return {block, 0, bytes.size()};
}

void Slice::copy_to(std::byte* to, std::size_t count) const {
  assert(count <= size_);
  if (block_ == nullptr) {
    std::memset(to, 0, count);
  } else {
    std::memcpy(to, block_->data() + offset_, count);
  }
}

Slice Slice::part(std::size_t from, std::size_t count) const {
  assert(from + count <= size_);
  if (count == 0) return {};
  if (block_ == nullptr) return blank(count);
  block_->retain();
  return {block_, offset_ + from, count};
}

void Slice::remove_prefix(std::size_t count) {
  assert(count <= size_);
  if (count == size_) {
    *this = Slice{};
    return;
  }
  if (block_ != nullptr) offset_ += static_cast<std::uint32_t>(count);
  size_ -= static_cast<std::uint32_t>(count);
}

}  // namespace dispatch::sim
