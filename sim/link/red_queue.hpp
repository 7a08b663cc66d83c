// Random Early Detection (Floyd and Jacobson 1993; Linux: red).
#pragma once

#include "engine/net/ring.hpp"
#include "sim/link/queue_discipline.hpp"

namespace dispatch::sim {

class Random;

// The queue's mean length follows its length with the weight kWeight, at each packet that comes;
// while the queue is empty it decays as if a packet came each `packet_time`. Between two drops
// about evenly many packets pass (the count of the paper), so that they do not come in bursts.
class RedQueue final : public QueueDiscipline {
 public:
  static constexpr double kWeight = 1.0 / 512;

  RedQueue(const Red& options, net::Duration packet_time, Random& random)
      : options_(options), packet_time_(packet_time), random_(random) {}

  std::optional<DropReason> refuses(Packet& packet, bool idle, net::TimePoint now,
                                    QueueEvents& events) override;
  void push(PacketPtr packet, net::TimePoint, QueueEvents&) override;
  PacketPtr pop(net::TimePoint now, QueueEvents&) override;
  PacketPtr take() override;

  std::size_t packets() const override { return packets_.size(); }
  ByteSize bytes() const override { return bytes_; }
  bool adjust(const QueueModel& model) override;
  // In bytes.
  double mean() const { return mean_; }

 private:
  void follow(net::TimePoint now);
  bool hits();

  Red options_;
  net::Duration packet_time_;
  Random& random_;
  net::Ring<PacketPtr> packets_;
  ByteSize bytes_;
  double mean_ = 0;
  int since_hit_ = -1;  // packets since the last drop or mark; -1: the mean was below min
  net::TimePoint empty_since_{};
};

}  // namespace dispatch::sim
