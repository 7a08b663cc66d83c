// Bytes counted once where they pass, seen at every level that wants them (connection, link, all).
#pragma once

#include "engine/net/counter.hpp"

#include <cstdint>

namespace dispatch::net {

// A parent may have children on several event loops.
class ByteCounter {
 public:
  explicit ByteCounter(ByteCounter* parent = nullptr) : parent_(parent) {}

  void add(std::uint64_t bytes) {
    for (auto* counter = this; counter != nullptr; counter = counter->parent_) {
      counter->total_ += bytes;
    }
  }
  std::uint64_t total() const { return total_.get(); }

 private:
  Counter total_;
  ByteCounter* parent_;  // outlives this one; may be null
};

}  // namespace dispatch::net
