// The states of a sender's loss recovery.
#pragma once

#include <cstdint>

namespace dispatch::sim::tcp {

enum class RecoveryPhase : std::uint8_t {
  open,       // nothing is known to be missing
  disorder,   // something arrived behind a hole, or was sent twice: it may only be late
  reduction,  // the window shrinks by PRR for ECN or a probe's sake (Linux: CWR)
  recovery,   // fast recovery: the same for a loss
  loss,       // after a retransmission time-out, until what was sent before it is acknowledged
};

}  // namespace dispatch::sim::tcp
