// Who waits for a line, in which order, and who has to go.
#pragma once

#include "engine/net/time.hpp"
#include "sim/link/packet.hpp"
#include "sim/link/packet_observer.hpp"
#include "sim/link/queue_options.hpp"

#include <cstddef>
#include <memory>
#include <optional>

namespace dispatch::sim {

class Random;

// What a discipline does to packets that it holds, or marks.
class QueueEvents {
 public:
  virtual void drop_queued(PacketPtr packet, DropReason reason) = 0;
  virtual void mark(Packet& packet) = 0;  // ECT becomes CE

 protected:
  ~QueueEvents() = default;
};

class QueueDiscipline {
 public:
  virtual ~QueueDiscipline() = default;

  // Asked of every packet that comes, before push(): why it is not let in, or none. `idle` says
  // that the packet is to be sent at once, so that no bound holds for it. May mark the packet.
  virtual std::optional<DropReason> refuses(Packet& packet, bool idle, net::TimePoint now,
                                            QueueEvents& events) = 0;
  virtual void push(PacketPtr packet, net::TimePoint now, QueueEvents& events) = 0;
  // The next to be sent. Null: the queue is empty, maybe since the rest has just been dropped.
  virtual PacketPtr pop(net::TimePoint now, QueueEvents& events) = 0;
  // Any one, for whoever empties the queue without sending. Null: it is empty.
  virtual PacketPtr take() = 0;

  virtual std::size_t packets() const = 0;
  virtual ByteSize bytes() const = 0;
  bool empty() const { return packets() == 0; }

  // Takes another model's figures where it is of the same kind; false where it is not. What is
  // queued stays, even beyond a new limit.
  virtual bool adjust(const QueueModel& model) = 0;
};

// `packet_time` is what the line takes for a packet, roughly: the pace at which RED forgets while
// nothing comes. `random` outlives the queue.
std::unique_ptr<QueueDiscipline> make_queue(const QueueModel& model, net::Duration packet_time,
                                            Random& random);

// Whether a packet of this size still fits beside what is there.
inline bool fits(const QueueLimit& limit, std::size_t packets, ByteSize bytes, ByteSize size) {
  return (!limit.packets || packets < *limit.packets) &&
         (!limit.bytes || bytes + size <= *limit.bytes);
}

}  // namespace dispatch::sim
