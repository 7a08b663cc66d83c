// A number that goes up and down where things happen, and is read from anywhere.
#pragma once

#include <atomic>
#include <cstdint>
#include <ostream>

namespace dispatch::net {

// Several event loops may count with it, each on its thread; whoever reads it gets a value that it
// had a moment ago. It orders nothing else.
class Counter {
 public:
  Counter(std::uint64_t value = 0) : value_(value) {}
  Counter(const Counter& other) : value_(other.get()) {}
  Counter& operator=(const Counter& other) {
    value_.store(other.get(), std::memory_order_relaxed);
    return *this;
  }

  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }
  operator std::uint64_t() const { return get(); }

  Counter& operator++() { return *this += 1; }
  Counter& operator--() {
    value_.fetch_sub(1, std::memory_order_relaxed);
    return *this;
  }
  Counter& operator+=(std::uint64_t count) {
    value_.fetch_add(count, std::memory_order_relaxed);
    return *this;
  }

  friend std::ostream& operator<<(std::ostream& out, const Counter& counter) {
    return out << counter.get();
  }

 private:
  std::atomic<std::uint64_t> value_;
};

}  // namespace dispatch::net
