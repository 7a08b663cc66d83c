#include "sim/link/link_direction.hpp"

#include "sim/core/simulation.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::sim {
namespace {

enum What : std::uint64_t { kOffered = 1, kDelivered, kDropped };

// The time that a line takes for a packet, roughly.
net::Duration packet_time(const RateModel& model) {
  constexpr std::uint64_t kBits = 8000;
  const auto rate = mean_rate(model);
  if (rate.is_unlimited() || rate.is_zero()) return {};
  return net::Duration(static_cast<std::int64_t>(kBits * 1'000'000'000 / rate.bits_per_second()));
}

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
    case DropReason::queue_early:
      return "queue-early";
  }
  return "?";
}

LinkDirection::LinkDirection(Simulation& simulation, std::string name,
                             const DirectionOptions& options, PacketSink& sink,
                             SharedMedium* medium)
    : simulation_(simulation),
      name_(std::move(name)),
      label_(hash_of(name_)),
      sink_(sink),
      medium_(medium),
      line_(options.rate, simulation.now()),
      queue_model_(options.queue),
      queue_(make_queue(options.queue)),
      propagation_(options.delay, options.jitter),
      loss_(options.loss),
      mishaps_(options.duplicate, options.corrupt, options.reorder,
               simulation.random("link/" + name_ + "/duplicate"),
               simulation.random("link/" + name_ + "/corrupt"),
               simulation.random("link/" + name_ + "/reorder")),
      pauses_(options.suspend, options.handover),
      jitter_random_(simulation.random("link/" + name_ + "/jitter")),
      loss_random_(simulation.random("link/" + name_ + "/loss")),
      sent_(simulation, EventLabel(mix(label_)), [this] { line_event(); }),
      arrived_(simulation, EventLabel(label_), [this] { arrived(); }) {}

std::unique_ptr<QueueDiscipline> LinkDirection::make_queue(const QueueModel& model) {
  return sim::make_queue(model, packet_time(line_.model()),
                         simulation_.random("link/" + name_ + "/queue"));
}

void LinkDirection::send(PacketPtr packet) {
  counters_.offered.add(packet->size);
  note(kOffered, *packet);
  for (auto* each : observers_) each->offered(*this, *packet, simulation_.now());
  if (state_ != State::open) return drop(std::move(packet), reason_of(state_));
  const bool idle = !busy();
  const auto now = simulation_.now();
  if (const auto reason = queue_->refuses(*packet, idle, now, *this)) {
    return drop(std::move(packet), *reason);
  }
  for (auto* each : observers_) each->enqueued(*this, *packet, now);
  if (idle && line_.is_unlimited() && medium_ == nullptr && !pauses_.any()) {
    return launch(std::move(packet));
  }
  queue_->push(std::move(packet), now, *this);
  if (idle) begin_next(false);
  if (busy() && !queue_->empty()) {
    counters_.queue_bytes_max = std::max(counters_.queue_bytes_max, queue_->bytes().bytes());
  }
}

void LinkDirection::begin_next(bool waited) {
  const auto now = simulation_.now();
  auto when = pauses_.any() ? pauses_.resumes(now) : now;
  when = line_.ready(when, waited || when > now);
  if (when > now) {
    sent_.schedule(when);
    if (medium_ != nullptr) medium_->release(*this);
  } else if (medium_ != nullptr && !medium_->take(*this)) {
    wants_medium_ = true;
  } else {
    begin_sending();
  }
}

void LinkDirection::begin_sending() {
  sending_since_ = simulation_.now();
  sending_ = queue_->pop(sending_since_, *this);
  if (sending_ != nullptr) {
    sent_.schedule(line_.begin(ByteSize::bytes(sending_->size), sending_since_));
  } else if (medium_ != nullptr) {
    medium_->release(*this);
  }
}

void LinkDirection::line_event() {
  if (sending_ != nullptr) {
    sent();
  } else if (!queue_->empty()) {
    begin_next(true);
  }
}

void LinkDirection::medium_is_free() {
  wants_medium_ = false;
  begin_next(true);
}

void LinkDirection::sent() {
  counters_.busy += simulation_.now() - sending_since_;
  launch(std::move(sending_));
  if (medium_ != nullptr) medium_->release(*this);
  if (!queue_->empty()) begin_next(true);
}

void LinkDirection::launch(PacketPtr packet) {
  if (loss_.loses_next(loss_random_)) return drop(std::move(packet), DropReason::loss);
  if (mishaps_.any()) return befall(std::move(packet));
  propagate(std::move(packet), false);
}

void LinkDirection::befall(PacketPtr packet) {
  if (mishaps_.corrupts_next()) {
    packet->corrupted = true;
    ++counters_.corrupted;
  }
  PacketPtr twin;
  if (mishaps_.duplicates_next()) {
    twin = packet->copy();
    ++counters_.duplicated;
  }
  const bool overtakes = mishaps_.reorders_next();
  if (overtakes) ++counters_.reordered;
  propagate(std::move(packet), overtakes);
  if (twin) propagate(std::move(twin), overtakes);
}

void LinkDirection::propagate(PacketPtr packet, bool overtakes) {
  const auto now = simulation_.now();
  auto delay = propagation_.delay();
  if (pauses_.any()) delay = pauses_.delay(delay, now);
  auto arrival = now;
  if (!overtakes) {
    arrival = propagation_.arrival(now, delay, jitter_random_);
  } else {
    arrival += delay - std::min(delay, mishaps_.reorder().by);
  }
  in_flight_.push_back({arrival, std::move(packet)});
  // Only a packet that was reordered belongs before others.
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
  for (auto* each : observers_) each->delivered(*this, *packet, simulation_.now());
  sink_.deliver(std::move(packet));
}

void LinkDirection::drop(PacketPtr packet, DropReason reason) {
  counters_.dropped[static_cast<std::size_t>(reason)].add(packet->size);
  note(kDropped, *packet);
  for (auto* each : observers_) each->dropped(*this, *packet, reason, simulation_.now());
}

void LinkDirection::mark(Packet& packet) {
  packet.ecn = Ecn::ce;
  ++counters_.marked;
}

void LinkDirection::drop_all(DropReason reason) {
  sent_.cancel();
  arrived_.cancel();
  if (sending_) {
    counters_.busy += simulation_.now() - sending_since_;
    drop(std::move(sending_), reason);
  }
  while (auto packet = queue_->take()) drop(std::move(packet), reason);
  for (; !in_flight_.empty(); in_flight_.pop_front()) {
    drop(std::move(in_flight_.front().packet), reason);
  }
  wants_medium_ = false;
  if (medium_ != nullptr) medium_->release(*this);
}

void LinkDirection::set_state(State state) {
  state_ = state;
  if (state != State::open) drop_all(reason_of(state));
}

void LinkDirection::set_rate(const RateModel& model) {
  const auto now = simulation_.now();
  if (sending_ != nullptr) {
    sent_.schedule(line_.change_model(model, ByteSize::bytes(sending_->size), now));
    return;
  }
  line_.set_model(model, now);
  if (sent_.pending()) {  // a packet waits, maybe for what the new line need not wait for
    sent_.cancel();
    begin_next(true);
  }
}

void LinkDirection::set_queue(const QueueModel& model) {
  queue_model_ = model;
  if (queue_->adjust(model)) return;
  const auto old = std::exchange(queue_, make_queue(model));
  while (auto packet = old->take()) {
    const auto now = simulation_.now();
    if (const auto reason = queue_->refuses(*packet, false, now, *this)) {
      drop(std::move(packet), *reason);
    } else {
      queue_->push(std::move(packet), now, *this);
    }
  }
}

DirectionOptions LinkDirection::options() const {
  DirectionOptions options;
  options.rate = line_.model();
  options.delay = propagation_.delay();
  options.jitter = propagation_.jitter();
  options.loss = loss_.model();
  options.queue = queue_model_;
  options.duplicate = mishaps_.duplicate();
  options.corrupt = mishaps_.corrupt();
  options.reorder = mishaps_.reorder();
  options.suspend = pauses_.suspend();
  options.handover = pauses_.handover();
  return options;
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
