#include "sim/scenario/link_sample.hpp"

namespace dispatch::scenario {
namespace {

std::uint64_t drops_of(const sim::LinkCounters& counters) {
  std::uint64_t drops = 0;
  for (const auto& reason : counters.dropped) drops += reason.packets;
  return drops;
}

void sample_line(const sim::Link& line, LinkSample& sample) {
  const auto down = line.down().counters();
  const auto up = line.up().counters();
  sample.wire_down = down.delivered.bytes;
  sample.wire_up = up.delivered.bytes;
  sample.drops_down = drops_of(down);
  sample.drops_up = drops_of(up);
  sample.queue_down = line.down().queued_bytes().bytes();
  sample.queue_up = line.up().queued_bytes().bytes();
  sample.rate_down = mean_rate(line.down().options().rate).bits_per_second();
  sample.rate_up = mean_rate(line.up().options().rate).bits_per_second();
  sample.state = line.state();
}

}  // namespace

std::vector<DropCount> drops_by_reason(const sim::LinkDirection& line) {
  std::vector<DropCount> drops;
  const auto counters = line.counters();
  for (std::size_t i = 0; i < sim::kDropReasons; ++i) {
    const auto packets = counters.dropped[i].packets;
    const auto reason = static_cast<sim::DropReason>(i);
    if (packets > 0) drops.push_back({std::string(sim::to_string(reason)), packets});
  }
  return drops;
}

LinkSample sample_link(const sim::Link* line, const std::vector<const link::Link*>& engine_links,
                       Duration at) {
  LinkSample sample;
  sample.at = at;
  if (line != nullptr) sample_line(*line, sample);
  for (const auto* each : engine_links) {
    if (each->is_enabled() && each->health() == link::Health::up) sample.healthy = true;
    const auto& counters = each->counters();
    sample.payload_down += counters.received.total();
    sample.payload_up += counters.sent.total();
    sample.dials += counters.dials;
    sample.dial_failures += counters.dial_failures;
    sample.connections += counters.connections;
    sample.live += counters.live;
  }
  return sample;
}

}  // namespace dispatch::scenario
