// First in, first out, and full is full.
#pragma once

#include "engine/net/ring.hpp"
#include "sim/link/queue_discipline.hpp"

namespace dispatch::sim {

class DropTailQueue final : public QueueDiscipline {
 public:
  explicit DropTailQueue(QueueLimit limit) : limit_(limit) {}

  std::optional<DropReason> refuses(Packet& packet, bool idle, net::TimePoint,
                                    QueueEvents&) override {
    const auto size = ByteSize::bytes(packet.size);
    if (idle || fits(limit_, packets_.size(), bytes_, size)) return std::nullopt;
    return DropReason::queue_full;
  }
  void push(PacketPtr packet, net::TimePoint, QueueEvents&) override {
    bytes_ += ByteSize::bytes(packet->size);
    packets_.push_back(std::move(packet));
  }
  PacketPtr pop(net::TimePoint, QueueEvents&) override { return take(); }
  PacketPtr take() override {
    if (packets_.empty()) return nullptr;
    auto packet = std::move(packets_.front());
    packets_.pop_front();
    bytes_ -= ByteSize::bytes(packet->size);
    return packet;
  }

  std::size_t packets() const override { return packets_.size(); }
  ByteSize bytes() const override { return bytes_; }
  bool adjust(const QueueModel& model) override {
    const auto* limit = std::get_if<QueueLimit>(&model);
    if (limit != nullptr) limit_ = *limit;
    return limit != nullptr;
  }

 private:
  net::Ring<PacketPtr> packets_;
  ByteSize bytes_;
  QueueLimit limit_;
};

}  // namespace dispatch::sim
