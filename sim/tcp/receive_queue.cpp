#include "sim/tcp/receive_queue.hpp"

#include <algorithm>
#include <cstring>

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
    std::memcpy(buffer.data() + filled, front.bytes().data(), count);
    filled += count;
    size_ -= count;
    if (count == front.size()) {
      slices_.pop_front();
    } else {
      front.remove_prefix(count);
    }
  }
  return filled;
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
