// One direction of a link: queue, then line, then distance, with what can befall a packet there.
#pragma once

#include "engine/net/ring.hpp"
#include "sim/core/event.hpp"
#include "sim/link/line.hpp"
#include "sim/link/link_counters.hpp"
#include "sim/link/link_options.hpp"
#include "sim/link/loss_process.hpp"
#include "sim/link/mishaps.hpp"
#include "sim/link/packet.hpp"
#include "sim/link/packet_observer.hpp"
#include "sim/link/pauses.hpp"
#include "sim/link/propagation.hpp"
#include "sim/link/queue_discipline.hpp"
#include "sim/link/shared_medium.hpp"

#include <memory>
#include <string>
#include <vector>

namespace dispatch::sim {

class Simulation;

// Where a link ends.
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  virtual void deliver(PacketPtr packet) = 0;
};

// Packets of a flow leave in the order in which they came, unless jitter or `reorder` reorder.
// Everything can be changed while packets are under way: a new rate holds from now on, also for the
// packet that is being sent; a new delay, jitter or loss for packets that leave the line from now
// on; a new queue takes over what waits, and drops what it has no room for. docs/links.md tells
// what each model does.
class LinkDirection : private QueueEvents, private MediumUser {
 public:
  enum class State : std::uint8_t {
    open,
    blackhole,  // whatever is under way or sent from now on vanishes
    down,       // the same, as the link does not work at all
  };

  // `name` names the random streams and appears in captures: "client/wifi/down". A `medium` is
  // shared with the other direction, and outlives both.
  LinkDirection(Simulation& simulation, std::string name, const DirectionOptions& options,
                PacketSink& sink, SharedMedium* medium = nullptr);
  LinkDirection(const LinkDirection&) = delete;
  LinkDirection& operator=(const LinkDirection&) = delete;

  // Takes the packet: it is delivered later, or dropped.
  void send(PacketPtr packet);

  void set_state(State state);
  void set_rate(const RateModel& model);
  void set_delay(net::Duration delay) { propagation_.set_delay(delay); }
  void set_jitter(Jitter jitter) { propagation_.set_jitter(std::move(jitter)); }
  void set_loss(LossModel model) { loss_.set_model(std::move(model)); }
  void set_queue(const QueueModel& model);
  void set_duplicate(double probability) { mishaps_.set_duplicate(probability); }
  void set_corrupt(double probability) { mishaps_.set_corrupt(probability); }
  void set_reorder(Reordering reorder) { mishaps_.set_reorder(reorder); }
  // What waits for the end of a pause waits for the end of the old one.
  void set_suspend(Suspension suspend) { pauses_.set_suspend(suspend); }
  void set_handover(Handover handover) { pauses_.set_handover(std::move(handover)); }
  // As it is now.
  DirectionOptions options() const;
  State state() const { return state_; }

  const std::string& name() const { return name_; }
  // Up to the present moment.
  LinkCounters counters() const;
  std::size_t queued_packets() const { return queue_->packets(); }
  ByteSize queued_bytes() const { return queue_->bytes(); }

  // Any number, told in the order of their coming. Each outlives the link or is taken away before.
  void add_observer(PacketObserver& observer) { observers_.push_back(&observer); }
  void remove_observer(PacketObserver& observer) { std::erase(observers_, &observer); }

 private:
  struct InFlight {
    net::TimePoint arrival;
    PacketPtr packet;
  };

  // A packet is on the line, or waits for its turn there.
  bool busy() const { return sending_ != nullptr || sent_.pending() || wants_medium_; }
  std::unique_ptr<QueueDiscipline> make_queue(const QueueModel& model);
  // Sends the next packet as soon as line, pauses and medium let it. `waited`: the queue did not
  // just begin to fill.
  void begin_next(bool waited);
  void begin_sending();
  void line_event();
  void sent();
  void launch(PacketPtr packet);
  void befall(PacketPtr packet);
  void propagate(PacketPtr packet, bool overtakes);
  void arrived();
  void drop(PacketPtr packet, DropReason reason);
  void drop_all(DropReason reason);
  void note(std::uint64_t what, const Packet& packet);

  void drop_queued(PacketPtr packet, DropReason reason) override {
    drop(std::move(packet), reason);
  }
  void mark(Packet& packet) override;
  void medium_is_free() override;

  Simulation& simulation_;
  std::string name_;
  std::uint64_t label_;
  PacketSink& sink_;
  SharedMedium* medium_;
  State state_ = State::open;
  bool wants_medium_ = false;
  Line line_;
  QueueModel queue_model_;
  std::unique_ptr<QueueDiscipline> queue_;
  Propagation propagation_;
  LossProcess loss_;
  Mishaps mishaps_;
  Pauses pauses_;
  Random& jitter_random_;
  Random& loss_random_;
  PacketPtr sending_;  // the packet on the line
  net::TimePoint sending_since_{};
  net::Ring<InFlight> in_flight_;  // by arrival
  LinkCounters counters_;
  std::vector<PacketObserver*> observers_;
  Event sent_;  // the end of the packet on the line, or of what keeps the next one from it
  Event arrived_;
};

}  // namespace dispatch::sim
