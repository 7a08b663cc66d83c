#include "sim/tcp/negotiation.hpp"

#include "sim/tcp/receive_window.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

constexpr std::uint16_t kSmallestMss = 48;  // Linux: tcp_min_snd_mss
constexpr std::uint16_t kTimestampsSize = 12;
constexpr std::uint8_t kLargestScale = 14;  // RFC 7323 2.3

}  // namespace

void offer_options(const Options& options, Segment& syn) {
  syn.mss = options.mss;
  if (options.window_scaling) {
    syn.window_scale = ReceiveWindow::scale_for(options.receive_buffer);
  }
  syn.sack_permitted = options.sack;
}

void answer_options(const Options& options, const Agreement& agreement, bool scaling,
                    Segment& syn) {
  syn.mss = options.mss;
  if (scaling) syn.window_scale = agreement.receive_scale;
  syn.sack_permitted = agreement.sack;
}

Agreement agree(const Options& options, const Segment& syn) {
  Agreement agreement;
  if (syn.mss) agreement.peer_mss = std::max(*syn.mss, kSmallestMss);
  if (options.window_scaling && syn.window_scale) {
    agreement.send_scale = std::min(*syn.window_scale, kLargestScale);
    agreement.receive_scale = ReceiveWindow::scale_for(options.receive_buffer);
  }
  agreement.timestamps = options.timestamps && syn.timestamps.has_value();
  agreement.sack = options.sack && syn.sack_permitted;
  return agreement;
}

std::uint16_t segment_payload(const Options& options, const Agreement& agreement) {
  const auto most = std::min({options.mss, options.path_mss, agreement.peer_mss});
  const auto mss = std::max(most, kSmallestMss);
  return static_cast<std::uint16_t>(mss - (agreement.timestamps ? kTimestampsSize : 0));
}

}  // namespace dispatch::sim::tcp
