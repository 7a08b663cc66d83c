#include "sim/link/codel.hpp"

#include <cmath>
#include <utility>

namespace dispatch::sim {
namespace {

constexpr std::uint64_t kPacketMax = 1500;  // MAXPACKET
constexpr int kMemory = 16;                 // intervals after which a count is forgotten

}  // namespace

void CodelFlow::push(PacketPtr packet, net::TimePoint now) {
  bytes_ += ByteSize::bytes(packet->size);
  packets_.push_back({std::move(packet), now});
}

PacketPtr CodelFlow::take() {
  if (packets_.empty()) return nullptr;
  auto packet = std::move(packets_.front().packet);
  packets_.pop_front();
  bytes_ -= ByteSize::bytes(packet->size);
  return packet;
}

// RFC 8289 5.6.
CodelFlow::Next CodelFlow::dequeue(const CodelTimes& times, net::TimePoint now, ByteSize others) {
  Next next;
  if (packets_.empty()) {
    first_above_ = {};
    return next;
  }
  const auto sojourn = now - packets_.front().since;
  next.packet = take();
  if (sojourn < times.target || (bytes_ + others).bytes() <= kPacketMax) {
    first_above_ = {};
  } else if (first_above_ == net::TimePoint{}) {
    first_above_ = now + times.interval;
  } else {
    next.ok_to_drop = now >= first_above_;
  }
  return next;
}

net::TimePoint CodelFlow::control_law(net::TimePoint from, net::Duration interval) const {
  // A square root and a division: IEEE 754 rounds both exactly.
  return from + net::Duration(static_cast<std::int64_t>(static_cast<double>(interval.count()) /
                                                        std::sqrt(static_cast<double>(count_))));
}

bool CodelFlow::mark(const CodelTimes& times, Packet& packet, QueueEvents& events) {
  if (!times.ecn || packet.ecn == Ecn::not_ect) return false;
  events.mark(packet);
  return true;
}

// RFC 8289 5.5.
PacketPtr CodelFlow::pop(const CodelTimes& times, net::TimePoint now, ByteSize others,
                         QueueEvents& events) {
  auto next = dequeue(times, now, others);
  if (next.packet == nullptr) {
    dropping_ = false;
  } else if (dropping_) {
    go_on_dropping(times, now, others, next, events);
  } else if (next.ok_to_drop) {
    begin_dropping(times, now, others, next, events);
  }
  return std::move(next.packet);
}

void CodelFlow::go_on_dropping(const CodelTimes& times, net::TimePoint now, ByteSize others,
                               Next& next, QueueEvents& events) {
  if (!next.ok_to_drop) dropping_ = false;
  while (dropping_ && now >= drop_next_) {
    ++count_;
    if (mark(times, *next.packet, events)) {
      drop_next_ = control_law(drop_next_, times.interval);
      return;
    }
    events.drop_queued(std::move(next.packet), DropReason::queue_early);
    next = dequeue(times, now, others);
    dropping_ = next.ok_to_drop;
    if (dropping_) drop_next_ = control_law(drop_next_, times.interval);
  }
}

void CodelFlow::begin_dropping(const CodelTimes& times, net::TimePoint now, ByteSize others,
                               Next& next, QueueEvents& events) {
  if (!mark(times, *next.packet, events)) {
    events.drop_queued(std::move(next.packet), DropReason::queue_early);
    next = dequeue(times, now, others);
  }
  dropping_ = true;
  // Where the last dropping was not long ago, the rate that controlled the queue is a good start.
  const auto delta = count_ - last_count_;
  const bool recent = now - drop_next_ < kMemory * times.interval;
  count_ = delta > 1 && recent ? delta : 1;
  drop_next_ = control_law(now, times.interval);
  last_count_ = count_;
}

}  // namespace dispatch::sim
