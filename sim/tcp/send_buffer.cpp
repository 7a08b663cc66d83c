#include "sim/tcp/send_buffer.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace dispatch::sim::tcp {

namespace {

// Blocks for copied writes, the block's own header included in what the cache rounds to.
constexpr std::size_t kSmallestBlock = 2048 - sizeof(Block);
constexpr std::size_t kLargestBlock = 65536 - sizeof(Block);

// Handed-over slices up to this size are copied where they fit behind what is there: many tiny
// slices would cost more than their bytes.
constexpr std::size_t kCopiedSlice = 256;

}  // namespace

void SendBuffer::append(std::span<const std::byte> data) {
  while (!data.empty()) {
    const auto room = tail_ == nullptr ? 0 : tail_->capacity() - tail_filled_;
    if (room == 0) {
      // A larger block each time that the last one was not enough.
      const auto wanted = std::max(data.size(), tail_ == nullptr ? 0 : 4 * tail_->capacity());
      tail_ = Block::make(std::clamp(wanted, kSmallestBlock, kLargestBlock));
      tail_filled_ = 0;
      slices_.push_back(Slice(tail_, 0, 0));
      continue;
    }
    const auto count = std::min(room, data.size());
    std::memcpy(tail_->data() + tail_filled_, data.data(), count);
    slices_.back().extend(count);
    tail_filled_ += count;
    size_ += count;
    data = data.subspan(count);
  }
}

void SendBuffer::append(Slice data) {
  if (data.empty()) return;
  if (data.size() <= kCopiedSlice && !data.is_blank() && tail_ != nullptr &&
      data.size() <= tail_->capacity() - tail_filled_) {
    append(data.bytes());
    return;
  }
  size_ += data.size();
  tail_ = nullptr;
  if (!slices_.empty() && slices_.back().join(data)) return;
  slices_.push_back(std::move(data));
}

SendBuffer::Position SendBuffer::find(std::size_t offset) {
  auto position = offset >= cursor_.offset ? cursor_ : Position{};
  while (offset >= position.offset + slices_[position.slice].size()) {
    position.offset += slices_[position.slice].size();
    ++position.slice;
  }
  if (position.offset > cursor_.offset) cursor_ = position;
  return position;
}

Payload SendBuffer::payload(std::size_t offset, std::size_t count) {
  assert(offset + count <= size_);
  Payload result;
  if (count == 0) return result;
  const auto position = find(offset);
  auto index = position.slice;
  auto skip = offset - position.offset;
  for (auto& slice : result.slices) {
    const auto taken = std::min(count - result.size(), slices_[index].size() - skip);
    slice = slices_[index].part(skip, taken);
    if (result.size() == count) return result;
    skip = 0;
    ++index;
  }
  auto* block = Block::make(count);
  std::size_t filled = 0;
  for (index = position.slice, skip = offset - position.offset; filled < count; ++index, skip = 0) {
    const auto taken = std::min(count - filled, slices_[index].size() - skip);
    slices_[index].part(skip, taken).copy_to(block->data() + filled, taken);
    filled += taken;
  }
  result.slices = {Slice(block, 0, count), Slice{}};
  return result;
}

void SendBuffer::drop(std::size_t count) {
  assert(count <= size_);
  size_ -= count;
  cursor_.offset -= std::min(cursor_.offset, count);
  while (count > 0) {
    auto& front = slices_.front();
    if (count < front.size()) {
      front.remove_prefix(count);
      break;
    }
    count -= front.size();
    slices_.pop_front();
    if (cursor_.slice > 0) --cursor_.slice;
  }
  if (cursor_.slice == 0) cursor_.offset = 0;
  if (slices_.empty()) tail_ = nullptr;
}

void SendBuffer::clear() {
  slices_.clear();
  size_ = 0;
  cursor_ = {};
  tail_ = nullptr;
}

}  // namespace dispatch::sim::tcp
