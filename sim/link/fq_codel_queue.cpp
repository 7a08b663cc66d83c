#include "sim/link/fq_codel_queue.hpp"

#include "sim/link/flow_hash.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::sim {

FqCodelQueue::FqCodelQueue(const FqCodel& options, std::uint64_t key)
    : options_(options), key_(key), flows_(options.flows) {}

bool FqCodelQueue::adjust(const QueueModel& model) {
  const auto* options = std::get_if<FqCodel>(&model);
  if (options == nullptr || options->flows != options_.flows) return false;
  options_ = *options;
  return true;
}

void FqCodelQueue::push(PacketPtr packet, net::TimePoint now, QueueEvents& events) {
  const auto index = static_cast<std::uint32_t>(flow_hash(*packet, key_) % flows_.size());
  auto& flow = flows_[index];
  const auto size = ByteSize::bytes(packet->size);
  ++packets_;
  bytes_ += size;
  flow.queue.push(std::move(packet), now);
  if (!std::exchange(flow.listed, true)) {
    flow.deficit = options_.quantum;
    new_flows_.push_back(index);
  }
  const auto& limit = options_.limit;
  if ((limit.packets && packets_ > *limit.packets) || (limit.bytes && bytes_ > *limit.bytes)) {
    drop_from_fattest(events);
  }
}

void FqCodelQueue::drop_from_fattest(QueueEvents& events) {
  auto& fattest = *std::max_element(flows_.begin(), flows_.end(), [](const Flow& a, const Flow& b) {
    return a.queue.bytes() < b.queue.bytes();
  });
  const auto threshold = fattest.queue.bytes().bytes() / 2;
  std::uint64_t dropped_bytes = 0;
  std::uint32_t dropped = 0;
  do {
    auto packet = fattest.queue.take();
    dropped_bytes += packet->size;
    ++dropped;
    --packets_;
    bytes_ -= ByteSize::bytes(packet->size);
    events.drop_queued(std::move(packet), DropReason::queue_full);
  } while (dropped < kDropsAtOnce && dropped_bytes < threshold);
  fattest.queue.add_drops(dropped);
}

PacketPtr FqCodelQueue::pop_from(Flow& flow, net::TimePoint now, QueueEvents& events) {
  const auto packets = flow.queue.packets();
  const auto bytes = flow.queue.bytes();
  auto others = bytes_;
  others -= bytes;
  auto packet =
      flow.queue.pop({options_.target, options_.interval, options_.ecn}, now, others, events);
  packets_ -= packets - flow.queue.packets();
  bytes_ -= ByteSize::bytes(bytes.bytes() - flow.queue.bytes().bytes());
  return packet;
}

PacketPtr FqCodelQueue::pop(net::TimePoint now, QueueEvents& events) {
  for (;;) {
    const bool is_new = !new_flows_.empty();
    auto& list = is_new ? new_flows_ : old_flows_;
    if (list.empty()) return nullptr;
    const auto index = list.front();
    auto& flow = flows_[index];
    if (flow.deficit <= 0) {
      flow.deficit += options_.quantum;
      list.pop_front();
      old_flows_.push_back(index);
      continue;
    }
    auto packet = pop_from(flow, now, events);
    if (packet != nullptr) {
      flow.deficit -= packet->size;
      return packet;
    }
    list.pop_front();
    // A new flow that runs empty waits for one turn of the old ones: else it would be new again
    // with its next packet, and they would starve.
    if (is_new && !old_flows_.empty()) {
      old_flows_.push_back(index);
    } else {
      flow.listed = false;
    }
  }
}

PacketPtr FqCodelQueue::take() {
  for (auto* list : {&new_flows_, &old_flows_}) {
    for (; !list->empty(); list->pop_front()) {
      auto& flow = flows_[list->front()];
      if (auto packet = flow.queue.take()) {
        --packets_;
        bytes_ -= ByteSize::bytes(packet->size);
        return packet;
      }
      flow.listed = false;
    }
  }
  return nullptr;
}

}  // namespace dispatch::sim
