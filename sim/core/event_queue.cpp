#include "sim/core/event_queue.hpp"

#include <cassert>

namespace dispatch::sim {
namespace {

constexpr std::size_t kArity = 4;

}  // namespace

void EventQueue::push(Event& event, net::TimePoint when) {
  assert(!event.pending());
  const auto sequence = sequence_++;
  const auto order = (mix(seed_ ^ sequence) & 0xffffffff00000000) | (sequence & 0xffffffff);
  event.when_ = when;
  heap_.emplace_back();
  sift_up(heap_.size() - 1, Entry{when, order, &event});
}

void EventQueue::remove(Event& event) {
  assert(event.pending());
  const auto position = event.position_;
  event.position_ = Event::kIdle;
  event.when_ = net::kNever;
  const auto last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  if (position > 0 && last.before(heap_[(position - 1) / kArity])) {
    sift_up(position, last);
  } else {
    sift_down(position, last);
  }
}

Event& EventQueue::pop() {
  assert(!empty());
  auto& event = *heap_.front().event;
  remove(event);
  return event;
}

void EventQueue::place(std::size_t position, const Entry& entry) {
  heap_[position] = entry;
  entry.event->position_ = position;
}

void EventQueue::sift_up(std::size_t position, const Entry& entry) {
  while (position > 0) {
    const auto parent = (position - 1) / kArity;
    if (!entry.before(heap_[parent])) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, entry);
}

void EventQueue::sift_down(std::size_t position, const Entry& entry) {
  for (;;) {
    const auto first = position * kArity + 1;
    if (first >= heap_.size()) break;
    auto least = first;
    for (auto child = first + 1; child < first + kArity && child < heap_.size(); ++child) {
      if (heap_[child].before(heap_[least])) least = child;
    }
    if (!heap_[least].before(entry)) break;
    place(position, heap_[least]);
    position = least;
  }
  place(position, entry);
}

}  // namespace dispatch::sim
