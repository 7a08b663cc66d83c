// Flow queues with CoDel (RFC 8290; Linux: fq_codel).
#pragma once

#include "engine/net/ring.hpp"
#include "sim/link/codel.hpp"

#include <cstdint>
#include <vector>

namespace dispatch::sim {

// A flow that has nothing waiting comes in as new and is served before the old ones, until it has
// sent a quantum; then all old ones are served in turn, a quantum each (deficit round robin). What
// is too much goes from the head of the flow that holds most, half of it at a time, at most
// kDropsAtOnce.
class FqCodelQueue final : public QueueDiscipline {
 public:
  static constexpr std::uint32_t kDropsAtOnce = 64;

  // `key` is that of the hash which tells flows apart.
  FqCodelQueue(const FqCodel& options, std::uint64_t key);

  std::optional<DropReason> refuses(Packet&, bool, net::TimePoint, QueueEvents&) override {
    return std::nullopt;  // the largest flow makes room
  }
  void push(PacketPtr packet, net::TimePoint now, QueueEvents& events) override;
  PacketPtr pop(net::TimePoint now, QueueEvents& events) override;
  PacketPtr take() override;

  std::size_t packets() const override { return packets_; }
  ByteSize bytes() const override { return bytes_; }
  bool adjust(const QueueModel& model) override;

 private:
  struct Flow {
    CodelFlow queue;
    std::int64_t deficit = 0;
    bool listed = false;  // as new or old
  };

  void drop_from_fattest(QueueEvents& events);
  PacketPtr pop_from(Flow& flow, net::TimePoint now, QueueEvents& events);

  FqCodel options_;
  std::uint64_t key_;
  std::vector<Flow> flows_;
  net::Ring<std::uint32_t> new_flows_;
  net::Ring<std::uint32_t> old_flows_;
  std::size_t packets_ = 0;
  ByteSize bytes_;
};

}  // namespace dispatch::sim
