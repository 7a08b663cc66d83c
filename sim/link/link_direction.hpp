// One direction of a link: queue, then line, then distance, with what can befall a packet there.
#pragma once

#include "sim/core/event.hpp"
#include "sim/core/ring.hpp"
#include "sim/link/drop_tail_queue.hpp"
#include "sim/link/link_counters.hpp"
#include "sim/link/link_options.hpp"
#include "sim/link/packet.hpp"
#include "sim/link/packet_observer.hpp"
#include "sim/link/propagation.hpp"
#include "sim/link/random_loss.hpp"
#include "sim/link/serialiser.hpp"

#include <string>

namespace dispatch::sim {

class Simulation;

// Where a link ends.
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  virtual void deliver(PacketPtr packet) = 0;
};

// Packets leave in the order in which they came (unless the jitter reorders). Everything can be
// changed while packets are under way: a new rate holds from now on, also for the packet that is
// being sent; a new delay, jitter or loss for packets that leave the line from now on.
class LinkDirection {
 public:
  enum class State : std::uint8_t {
    open,
    blackhole,  // whatever is under way or sent from now on vanishes
    down,       // the same, as the link does not work at all
  };

  // `name` names the random streams and appears in captures: "client/wifi/down".
  LinkDirection(Simulation& simulation, std::string name, const DirectionOptions& options,
                PacketSink& sink);

  // Takes the packet: it is delivered later, or dropped.
  void send(PacketPtr packet);

  void set_state(State state);
  void set_rate(DataRate rate);
  void set_delay(net::Duration delay) { propagation_.set_delay(delay); }
  void set_jitter(Jitter jitter) { propagation_.set_jitter(jitter); }
  void set_loss(double probability) { loss_.set_probability(probability); }
  void set_queue(QueueLimit limit) { queue_.set_limit(limit); }
  // As it is now.
  DirectionOptions options() const;
  State state() const { return state_; }

  const std::string& name() const { return name_; }
  // Up to the present moment.
  LinkCounters counters() const;
  std::size_t queued_packets() const { return queue_.packets(); }
  ByteSize queued_bytes() const { return queue_.bytes(); }

  // At most one; null for none. Outlives the link or is taken away before.
  void set_observer(PacketObserver* observer) { observer_ = observer; }

 private:
  struct InFlight {
    net::TimePoint arrival;
    PacketPtr packet;
  };

  void begin_next();
  void sent();
  void launch(PacketPtr packet);
  void arrived();
  void drop(PacketPtr packet, DropReason reason);
  void drop_all(DropReason reason);
  void note(std::uint64_t what, const Packet& packet);

  Simulation& simulation_;
  std::string name_;
  std::uint64_t label_;
  PacketSink& sink_;
  State state_ = State::open;
  DropTailQueue queue_;
  Serialiser serialiser_;
  Propagation propagation_;
  RandomLoss loss_;
  Random& jitter_random_;
  Random& loss_random_;
  PacketPtr sending_;  // the packet on the line
  net::TimePoint sending_since_{};
  Ring<InFlight> in_flight_;  // by arrival
  LinkCounters counters_;
  PacketObserver* observer_ = nullptr;
  Event sent_;
  Event arrived_;
};

}  // namespace dispatch::sim
