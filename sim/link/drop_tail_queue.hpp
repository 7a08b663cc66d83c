// First in, first out, and full is full.
#pragma once

#include "sim/core/ring.hpp"
#include "sim/link/link_options.hpp"
#include "sim/link/packet.hpp"

namespace dispatch::sim {

class DropTailQueue {
 public:
  explicit DropTailQueue(QueueLimit limit) : limit_(limit) {}

  // Whether a packet of this size would still fit.
  bool fits(ByteSize size) const {
    return (!limit_.packets || packets_.size() < *limit_.packets) &&
           (!limit_.bytes || bytes_ + size <= *limit_.bytes);
  }
  void push(PacketPtr packet) {
    bytes_ += ByteSize::bytes(packet->size);
    packets_.push_back(std::move(packet));
  }
  PacketPtr pop() {  // not empty
    auto packet = std::move(packets_.front());
    packets_.pop_front();
    bytes_ -= ByteSize::bytes(packet->size);
    return packet;
  }

  bool empty() const { return packets_.empty(); }
  std::size_t packets() const { return packets_.size(); }
  ByteSize bytes() const { return bytes_; }

  // What is queued stays, even beyond the new limit.
  void set_limit(QueueLimit limit) { limit_ = limit; }
  QueueLimit limit() const { return limit_; }

 private:
  Ring<PacketPtr> packets_;
  ByteSize bytes_;
  QueueLimit limit_;
};

}  // namespace dispatch::sim
