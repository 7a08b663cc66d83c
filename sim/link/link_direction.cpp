#include "sim/link/link_direction.hpp"

#include "sim/core/simulation.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::sim {
namespace {

enum What : std::uint64_t { kOffered = 1, kDelivered, kDropped };

DropReason reason_of(LinkDirection::State state) {
  return state == LinkDirection::State::down ? DropReason::link_down : DropReason::blackhole;
}

}  // namespace

std::string_view to_string(DropReason reason) {
  switch (reason) {
    case DropReason::queue_full:
      return "queue-full";
    case DropReason::loss:
      return "loss";
    case DropReason::blackhole:
      return "blackhole";
    case DropReason::link_down:
      return "link-down";
  }
  return "?";
}

LinkDirection::LinkDirection(Simulation& simulation, std::string name,
                             const DirectionOptions& options, PacketSink& sink)
    : simulation_(simulation),
      name_(std::move(name)),
      label_(hash_of(name_)),
      sink_(sink),
      queue_(options.queue),
      serialiser_(options.rate),
      propagation_(options.delay, options.jitter),
      loss_(options.loss),
      jitter_random_(simulation.random("link/" + name_ + "/jitter")),
      loss_random_(simulation.random("link/" + name_ + "/loss")),
      sent_(simulation, EventLabel(mix(label_)), [this] { sent(); }),
      arrived_(simulation, EventLabel(label_), [this] { arrived(); }) {}

void LinkDirection::send(PacketPtr packet) {
  counters_.offered.add(packet->size);
  note(kOffered, *packet);
  if (state_ != State::open) return drop(std::move(packet), reason_of(state_));
  const bool idle = sending_ == nullptr;
  if (!idle && !queue_.fits(ByteSize::bytes(packet->size))) {
    return drop(std::move(packet), DropReason::queue_full);
  }
  if (observer_ != nullptr) observer_->enqueued(*this, *packet, simulation_.now());
  if (idle && serialiser_.rate().is_unlimited()) return launch(std::move(packet));
  queue_.push(std::move(packet));
  if (idle) {
    begin_next();
  } else {
    counters_.queue_bytes_max = std::max(counters_.queue_bytes_max, queue_.bytes().bytes());
  }
}

void LinkDirection::begin_next() {
  sending_ = queue_.pop();
  sending_since_ = simulation_.now();
  sent_.schedule(serialiser_.begin(ByteSize::bytes(sending_->size), sending_since_));
}

void LinkDirection::sent() {
  counters_.busy += simulation_.now() - sending_since_;
  launch(std::move(sending_));
  if (!queue_.empty()) begin_next();
}

void LinkDirection::launch(PacketPtr packet) {
  if (loss_.loses_next(loss_random_)) return drop(std::move(packet), DropReason::loss);
  const auto arrival = propagation_.arrival(simulation_.now(), jitter_random_);
  in_flight_.push_back({arrival, std::move(packet)});
  // Only where jitter reorders does the packet belong before others.
  for (auto i = in_flight_.size() - 1; i > 0 && arrival < in_flight_[i - 1].arrival; --i) {
    std::swap(in_flight_[i], in_flight_[i - 1]);
  }
  if (!arrived_.pending() || arrival < arrived_.when()) arrived_.schedule(arrival);
}

void LinkDirection::arrived() {
  auto packet = std::move(in_flight_.front().packet);
  in_flight_.pop_front();
  if (!in_flight_.empty()) arrived_.schedule(in_flight_.front().arrival);
  counters_.delivered.add(packet->size);
  note(kDelivered, *packet);
  if (observer_ != nullptr) observer_->delivered(*this, *packet, simulation_.now());
  sink_.deliver(std::move(packet));
}

void LinkDirection::drop(PacketPtr packet, DropReason reason) {
  counters_.dropped[static_cast<std::size_t>(reason)].add(packet->size);
  note(kDropped, *packet);
  if (observer_ != nullptr) observer_->dropped(*this, *packet, reason, simulation_.now());
}

void LinkDirection::drop_all(DropReason reason) {
  sent_.cancel();
  arrived_.cancel();
  if (sending_) {
    counters_.busy += simulation_.now() - sending_since_;
    drop(std::move(sending_), reason);
  }
  while (!queue_.empty()) drop(queue_.pop(), reason);
  for (; !in_flight_.empty(); in_flight_.pop_front()) {
    drop(std::move(in_flight_.front().packet), reason);
  }
}

void LinkDirection::set_state(State state) {
  state_ = state;
  if (state != State::open) drop_all(reason_of(state));
}

void LinkDirection::set_rate(DataRate rate) {
  if (sending_) {
    sent_.schedule(serialiser_.change_rate(rate, simulation_.now()));
  } else {
    serialiser_.set_rate(rate);
  }
}

DirectionOptions LinkDirection::options() const {
  return {serialiser_.rate(), propagation_.delay(), propagation_.jitter(), loss_.probability(),
          queue_.limit()};
}

LinkCounters LinkDirection::counters() const {
  auto counters = counters_;
  if (sending_) counters.busy += simulation_.now() - sending_since_;
  return counters;
}

void LinkDirection::note(std::uint64_t what, const Packet& packet) {
  auto& hash = simulation_.hash();
  hash.add(label_ ^ what);
  packet.add_to(hash);
}

}  // namespace dispatch::sim
