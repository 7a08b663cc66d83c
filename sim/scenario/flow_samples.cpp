#include "sim/scenario/flow_samples.hpp"

namespace dispatch::scenario {

void FlowSamples::take(const sim::World& world, Duration at) {
  world.visit_tcp([&](const sim::TcpView& view) {
    const auto [found, is_new] =
        index_.try_emplace({std::string(view.host), view.id}, flows_.size());
    if (is_new) {
      flows_.push_back(
          {std::string(view.host), net::to_string(view.local), net::to_string(view.remote), {}});
    }
    const auto& info = view.info;
    FlowSample sample;
    sample.at = at;
    sample.congestion_window = info.congestion_window;
    sample.slow_start_threshold = info.slow_start_threshold;
    sample.in_flight = info.segments_unacked;
    sample.smoothed_rtt = info.smoothed_rtt;
    sample.minimum_rtt = info.minimum_rtt;
    sample.unacked = info.bytes_unacked;
    sample.delivered = info.bytes_acked;
    sample.received = info.bytes_received;
    sample.retransmits = info.retransmits;
    sample.delivery_rate = info.delivery_rate;
    flows_[found->second].series.push_back(sample);
  });
}

}  // namespace dispatch::scenario
