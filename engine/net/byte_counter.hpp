// Bytes counted once where they pass, seen at every level that wants them (connection, link, all).
#pragma once

#include <cstdint>

namespace dispatch::net {

// Not thread-safe: a counter belongs to one event loop, as the streams do that feed it.
class ByteCounter {
 public:
  explicit ByteCounter(ByteCounter* parent = nullptr) : parent_(parent) {}

  void add(std::uint64_t bytes) {
    for (auto* counter = this; counter != nullptr; counter = counter->parent_) {
      counter->total_ += bytes;
    }
  }
  std::uint64_t total() const { return total_; }

 private:
  std::uint64_t total_ = 0;
  ByteCounter* parent_;  // outlives this one; may be null
};

}  // namespace dispatch::net
