// What a link is like.
#pragma once

#include "engine/net/time.hpp"
#include "sim/link/jitter_options.hpp"
#include "sim/link/loss_options.hpp"
#include "sim/link/pause_options.hpp"
#include "sim/link/queue_options.hpp"
#include "sim/link/rate_options.hpp"
#include "sim/link/units.hpp"

#include <cstdint>

namespace dispatch::sim {

// One direction. Packets are sizes of IP packets: headers of IP and above count, those of the
// medium do not. Probabilities are those of each packet.
struct DirectionOptions {
  RateModel rate = DataRate::unlimited();
  net::Duration delay{};  // propagation, one way
  Jitter jitter;
  LossModel loss = 0.0;  // on the way, after the packet took its time to be sent
  QueueModel queue = QueueLimit{};
  double duplicate = 0;  // arrives twice
  double corrupt = 0;    // arrives with a wrong checksum, see Packet::corrupted
  Reordering reorder;
  Suspension suspend;
  Handover handover;
};

struct LinkOptions {
  DirectionOptions up;       // from the host
  DirectionOptions down;     // to the host
  std::uint32_t mtu = 1500;  // of the host's interface
  // Of the path behind it, as a tunnel has it: a larger packet either way is dropped at the far
  // end, and its sender told (ICMP too big), but for a black hole, which swallows that too. 0: any
  // size.
  std::uint32_t path_mtu = 0;
  bool pmtu_black_hole = false;
  bool half_duplex = false;  // the directions share one line: one packet is sent at a time

  static LinkOptions symmetric(const DirectionOptions& both, std::uint32_t mtu = 1500) {
    LinkOptions options;
    options.up = options.down = both;
    options.mtu = mtu;
    return options;
  }
};

}  // namespace dispatch::sim
