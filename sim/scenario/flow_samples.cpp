#include "sim/scenario/flow_samples.hpp"

namespace dispatch::scenario {

void FlowSamples::take(ScenarioWorld& world, Duration at) {
  world.world().visit_tcp([&](const sim::TcpView& view) {
    if (view.state == sim::tcp::State::time_wait) return;  // it is over, and only remembered
    const auto [found, is_new] =
        index_.try_emplace({std::string(view.host), view.id}, flows_.size());
    if (is_new) {
      flows_.push_back({std::string(view.host),
                        net::to_string(view.local),
                        net::to_string(view.remote),
                        std::string(world.link_between(view.local.address, view.remote.address)),
                        {}});
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
