#include "sim/link/red_queue.hpp"

#include "sim/core/random.hpp"

#include <utility>

namespace dispatch::sim {
namespace {

double to_the_power(double base, std::uint64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2, base *= base) {
    if (exponent % 2 == 1) result *= base;
  }
  return result;
}

}  // namespace

void RedQueue::follow(net::TimePoint now) {
  if (!packets_.empty()) {
    mean_ += (static_cast<double>(bytes_.bytes()) - mean_) * kWeight;
  } else if (packet_time_ > net::Duration::zero()) {
    const auto missed = static_cast<std::uint64_t>((now - empty_since_) / packet_time_);
    mean_ *= to_the_power(1 - kWeight, missed + 1);
    empty_since_ = now;
  } else {
    mean_ = 0;  // a line that sends in no time
  }
}

bool RedQueue::hits() {
  const auto min = static_cast<double>(options_.min.bytes());
  const auto max = static_cast<double>(options_.max.bytes());
  if (mean_ < min) {
    since_hit_ = -1;
    return false;
  }
  if (mean_ >= max) {
    since_hit_ = 0;
    return true;
  }
  ++since_hit_;
  const double base = options_.probability * (mean_ - min) / (max - min);
  const double left = 1 - since_hit_ * base;
  if (left > 0 && !random_.bernoulli(base / left)) return false;
  since_hit_ = 0;
  return true;
}

std::optional<DropReason> RedQueue::refuses(Packet& packet, bool idle, net::TimePoint now,
                                            QueueEvents& events) {
  follow(now);
  const auto size = ByteSize::bytes(packet.size);
  if (!idle && !fits(QueueLimit::of(options_.limit), packets_.size(), bytes_, size)) {
    return DropReason::queue_full;
  }
  if (!hits()) return std::nullopt;
  if (!options_.ecn || packet.ecn == Ecn::not_ect) return DropReason::queue_early;
  events.mark(packet);
  return std::nullopt;
}

void RedQueue::push(PacketPtr packet, net::TimePoint, QueueEvents&) {
  bytes_ += ByteSize::bytes(packet->size);
  packets_.push_back(std::move(packet));
}

PacketPtr RedQueue::pop(net::TimePoint now, QueueEvents&) {
  auto packet = take();
  if (packets_.empty()) empty_since_ = now;
  return packet;
}

PacketPtr RedQueue::take() {
  if (packets_.empty()) return nullptr;
  auto packet = std::move(packets_.front());
  packets_.pop_front();
  bytes_ -= ByteSize::bytes(packet->size);
  return packet;
}

bool RedQueue::adjust(const QueueModel& model) {
  const auto* options = std::get_if<Red>(&model);
  if (options != nullptr) options_ = *options;
  return options != nullptr;
}

}  // namespace dispatch::sim
