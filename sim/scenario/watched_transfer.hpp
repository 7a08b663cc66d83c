// A transfer by a client that does not wait for ever.
#pragma once

#include "engine/traffic/transfer.hpp"
#include "sim/scenario/units.hpp"

namespace dispatch::scenario {

// Like traffic::transfer, and given up when no byte of the body has moved for `stall_timeout`, as
// curl does it (--speed-time, --max-time). Noticed within a twentieth of that time.
net::Task<traffic::TransferResult> watched_transfer(net::Runtime& runtime,
                                                    traffic::TransferOptions options,
                                                    Duration stall_timeout);

}  // namespace dispatch::scenario
