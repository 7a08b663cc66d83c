// One CoDel queue for all (RFC 8289).
#pragma once

#include "sim/link/codel.hpp"

namespace dispatch::sim {

class CodelQueue final : public QueueDiscipline {
 public:
  explicit CodelQueue(const Codel& options) : options_(options) {}

  std::optional<DropReason> refuses(Packet& packet, bool idle, net::TimePoint,
                                    QueueEvents&) override {
    const auto size = ByteSize::bytes(packet.size);
    if (idle || fits(options_.limit, flow_.packets(), flow_.bytes(), size)) return std::nullopt;
    return DropReason::queue_full;
  }
  void push(PacketPtr packet, net::TimePoint now, QueueEvents&) override {
    flow_.push(std::move(packet), now);
  }
  PacketPtr pop(net::TimePoint now, QueueEvents& events) override {
    return flow_.pop({options_.target, options_.interval, options_.ecn}, now, {}, events);
  }
  PacketPtr take() override { return flow_.take(); }

  std::size_t packets() const override { return flow_.packets(); }
  ByteSize bytes() const override { return flow_.bytes(); }
  bool adjust(const QueueModel& model) override {
    const auto* options = std::get_if<Codel>(&model);
    if (options != nullptr) options_ = *options;
    return options != nullptr;
  }

 private:
  Codel options_;
  CodelFlow flow_;
};

}  // namespace dispatch::sim
