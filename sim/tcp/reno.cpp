#include "sim/tcp/reno.hpp"

namespace dispatch::sim::tcp {

void Reno::on_ack(CongestionWindow& window, const AckSample& sample) {
  if (!sample.window_used) return;
  auto acked = sample.delivered;
  if (window.in_slow_start()) acked = window.slow_start(acked);
  if (acked > 0) window.increase(window.segments, acked);
}

}  // namespace dispatch::sim::tcp
