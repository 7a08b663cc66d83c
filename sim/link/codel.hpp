// Controlled Delay (RFC 8289): one queue, and when to drop at its head.
#pragma once

#include "engine/net/ring.hpp"
#include "engine/net/time.hpp"
#include "sim/link/queue_discipline.hpp"

#include <cstdint>

namespace dispatch::sim {

struct CodelTimes {
  net::Duration target;
  net::Duration interval;
  bool ecn;
};

// The state machine of RFC 8289 5. with ECN as Linux adds it: a packet that can be marked is not
// dropped. Part of CodelQueue, and of each flow of FqCodelQueue.
class CodelFlow {
 public:
  void push(PacketPtr packet, net::TimePoint now);
  // `others` are bytes that wait in further queues of the same line: a backlog of no more than one
  // packet is no standing queue.
  PacketPtr pop(const CodelTimes& times, net::TimePoint now, ByteSize others, QueueEvents& events);
  // The oldest one, whatever its time. Null: empty.
  PacketPtr take();
  // So many were dropped for want of room: what stays is dropped the sooner (Linux).
  void add_drops(std::uint32_t count) { count_ += count; }

  bool empty() const { return packets_.empty(); }
  std::size_t packets() const { return packets_.size(); }
  ByteSize bytes() const { return bytes_; }

 private:
  struct Waiting {
    PacketPtr packet;
    net::TimePoint since{};
  };
  struct Next {
    PacketPtr packet;
    bool ok_to_drop = false;
  };

  Next dequeue(const CodelTimes& times, net::TimePoint now, ByteSize others);
  net::TimePoint control_law(net::TimePoint from, net::Duration interval) const;
  // True: marked, and not to be dropped.
  bool mark(const CodelTimes& times, Packet& packet, QueueEvents& events);
  void begin_dropping(const CodelTimes& times, net::TimePoint now, ByteSize others, Next& next,
                      QueueEvents& events);
  void go_on_dropping(const CodelTimes& times, net::TimePoint now, ByteSize others, Next& next,
                      QueueEvents& events);

  net::Ring<Waiting> packets_;
  ByteSize bytes_;
  net::TimePoint first_above_{};  // the origin: the delay is below the target
  net::TimePoint drop_next_{};
  std::uint32_t count_ = 0;  // drops since dropping began
  std::uint32_t last_count_ = 0;
  bool dropping_ = false;
};

}  // namespace dispatch::sim
