// A queue in one growing array: no allocation in the steady state, none at all while unused.
#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <utility>

namespace dispatch::net {

// T is default-constructible; an element that is popped is reset to T{}. When the queue runs empty,
// an array that had grown large is given back.
template <typename T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  T& operator[](std::size_t index) {
    assert(index < size_);
    return slots_[(head_ + index) & (capacity_ - 1)];
  }
  const T& operator[](std::size_t index) const {
    assert(index < size_);
    return slots_[(head_ + index) & (capacity_ - 1)];
  }
  T& front() { return (*this)[0]; }
  T& back() { return (*this)[size_ - 1]; }
  const T& front() const { return (*this)[0]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push_back(T value) {
    if (size_ == capacity_) grow();
    slots_[(head_ + size_++) & (capacity_ - 1)] = std::move(value);
  }

  void pop_front() {
    front() = T{};
    head_ = (head_ + 1) & (capacity_ - 1);
    if (--size_ == 0 && capacity_ * sizeof(T) > kKeptWhenEmpty) clear();
  }

  void clear() {
    slots_.reset();
    head_ = size_ = capacity_ = 0;
  }

 private:
  static constexpr std::size_t kFirst = 8;
  static constexpr std::size_t kKeptWhenEmpty = 2560;  // bytes

  void grow() {
    const auto capacity = capacity_ == 0 ? kFirst : 2 * capacity_;
    auto slots = std::make_unique<T[]>(capacity);
    for (std::size_t i = 0; i < size_; ++i) slots[i] = std::move((*this)[i]);
    slots_ = std::move(slots);
    head_ = 0;
    capacity_ = capacity;
  }

  std::unique_ptr<T[]> slots_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  // zero or a power of two
};

}  // namespace dispatch::net
