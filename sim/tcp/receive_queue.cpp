#include "sim/tcp/receive_queue.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

void ReceiveQueue::push(Slice data) {
  if (data.empty()) return;
  size_ += data.size();
  if (!slices_.empty() && slices_.back().join(data)) return;
  slices_.push_back(std::move(data));
}

std::size_t ReceiveQueue::read(std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size() && size_ > 0) {
    auto& front = slices_.front();
    const auto count = std::min(buffer.size() - filled, front.size());
    front.copy_to(buffer.data() + filled, count);
    filled += count;
    drop_front(count);
  }
  return filled;
}

std::size_t ReceiveQueue::discard(std::size_t most) {
  std::size_t gone = 0;
  while (gone < most && size_ > 0) {
    const auto count = std::min(most - gone, slices_.front().size());
    gone += count;
    drop_front(count);
  }
  return gone;
}

void ReceiveQueue::drop_front(std::size_t count) {
  size_ -= count;
  if (count == slices_.front().size()) {
    slices_.pop_front();
  } else {
    slices_.front().remove_prefix(count);
  }
}

Slice ReceiveQueue::read_slice(std::size_t most) {
  if (size_ == 0 || most == 0) return {};
  auto& front = slices_.front();
  Slice result;
  if (front.size() <= most) {
    result = std::move(front);
    slices_.pop_front();
  } else {
    result = front.part(0, most);
    front.remove_prefix(most);
  }
  size_ -= result.size();
  return result;
}

void ReceiveQueue::clear() {
  slices_.clear();
  size_ = 0;
}

}  // namespace dispatch::sim::tcp
