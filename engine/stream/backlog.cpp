#include "engine/stream/backlog.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace dispatch::stream {
namespace {

constexpr std::size_t kFirst = 64 * 1024;

}  // namespace

std::span<const std::byte> Backlog::part(std::size_t offset, std::size_t size) const {
  if (size == 0) return {};
  const auto begin = (head_ + offset) & (capacity_ - 1);
  return {bytes_.get() + begin, std::min(size, capacity_ - begin)};
}

std::span<const std::byte> Backlog::rest(std::size_t offset, std::size_t size) const {
  const auto first = part(offset, size).size();
  if (first == size) return {};
  return {bytes_.get(), size - first};
}

void Backlog::make_room(std::size_t more) {
  if (used_ + more <= capacity_) return;
  const auto capacity = std::max(kFirst, std::bit_ceil(used_ + more));
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(capacity);
  const auto first = part(0, used_);
  const auto second = rest(0, used_);
  if (!first.empty()) std::memcpy(bytes.get(), first.data(), first.size());
  if (!second.empty()) std::memcpy(bytes.get() + first.size(), second.data(), second.size());
  bytes_ = std::move(bytes);
  capacity_ = capacity;
  head_ = 0;
}

void Backlog::append(std::span<const std::byte> bytes) {
  const auto begin = (head_ + used_) & (capacity_ - 1);
  const auto first = std::min(bytes.size(), capacity_ - begin);
  if (first != 0) std::memcpy(bytes_.get() + begin, bytes.data(), first);
  if (first != bytes.size()) {
    std::memcpy(bytes_.get(), bytes.data() + first, bytes.size() - first);
  }
  used_ += bytes.size();
}

void Backlog::push(std::span<const std::byte> head, std::span<const std::byte> data) {
  const auto size = head.size() + data.size();
  make_room(size);
  if (!head.empty()) append(head);
  if (!data.empty()) append(data);
  sizes_.push_back(static_cast<std::uint32_t>(size));
}

void Backlog::pop_front() {
  const auto size = sizes_.front();
  sizes_.pop_front();
  used_ -= size;
  // An empty ring begins anew, so that what follows lies in one piece.
  head_ = used_ == 0 ? 0 : (head_ + size) & (capacity_ - 1);
}

}  // namespace dispatch::stream
