// What is to happen, in the order in which it will.
#pragma once

#include "sim/core/event.hpp"

#include <cstdint>
#include <vector>

namespace dispatch::sim {

// A 4-ary heap of Events ordered by (time, seeded tie-break, sequence). The tie-break is a hash of
// the seed and the sequence number: events of one instant come in an order that depends on the seed
// alone, since a real event loop promises none. What must stay in order (the packets of one link)
// is kept in order by its owner, with one Event at a time.
//
// push, remove and pop are O(log n). Holds no Event alive; an Event removes itself.
class EventQueue {
 public:
  explicit EventQueue(std::uint64_t seed) : seed_(seed) {}

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  // The time of the next event; kNever when empty.
  net::TimePoint next_time() const { return heap_.empty() ? net::kNever : heap_.front().when; }

  void push(Event& event, net::TimePoint when);
  void remove(Event& event);
  Event& pop();  // not empty

 private:
  struct Entry {
    net::TimePoint when;
    std::uint64_t order;  // tie-break and, in the low half, sequence
    Event* event;

    bool before(const Entry& other) const {
      return when != other.when ? when < other.when : order < other.order;
    }
  };

  void sift_up(std::size_t position, const Entry& entry);
  void sift_down(std::size_t position, const Entry& entry);
  void place(std::size_t position, const Entry& entry);

  std::vector<Entry> heap_;
  std::uint64_t seed_;
  std::uint64_t sequence_ = 0;
};

}  // namespace dispatch::sim
