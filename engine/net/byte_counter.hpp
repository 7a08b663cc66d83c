// Bytes counted once where they pass, seen at every level that wants them (connection, link, all).
#pragma once

#include "engine/net/counter.hpp"

#include <atomic>
#include <cstdint>

namespace dispatch::net {

// A parent may have children on several event loops; what has a parent counts on one of them.
class ByteCounter {
 public:
  explicit ByteCounter(ByteCounter* parent = nullptr)
      : epoch_(parent == nullptr ? 1 : 0), parent_(parent) {}

  void add(std::uint64_t bytes) {
    for (auto* counter = this; counter != nullptr; counter = counter->parent_) {
      counter->total_ += bytes;
      if (counter->parent_ != nullptr) counter->show_activity();
    }
  }
  std::uint64_t total() const { return total_.get(); }

  // Begins a new epoch. How many children have counted anything in the one that ends: each of them
  // once. Those that count at this very moment may be missed.
  std::uint64_t begin_epoch() {
    epoch_.fetch_add(1, std::memory_order_relaxed);
    return active_.exchange(0, std::memory_order_relaxed);
  }

 private:
  void show_activity() {
    const auto epoch = parent_->epoch_.load(std::memory_order_relaxed);
    if (epoch_.load(std::memory_order_relaxed) == epoch) return;
    epoch_.store(epoch, std::memory_order_relaxed);
    parent_->active_.fetch_add(1, std::memory_order_relaxed);
  }

  Counter total_;
  // Of a parent: the current one. Of a child: that in which it counted last; 0: none.
  std::atomic<std::uint32_t> epoch_;
  std::atomic<std::uint32_t> active_ = 0;  // children in this epoch
  ByteCounter* parent_;                    // outlives this one; may be null
};

}  // namespace dispatch::net
