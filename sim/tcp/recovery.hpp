// What is lost, and how much is still in the network: the interface of loss recovery.
#pragma once

#include "sim/tcp/scoreboard.hpp"
#include "sim/tcp/segment.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace dispatch::sim::tcp {

enum class RecoveryPhase : std::uint8_t {
  open,      // nothing is known to be lost
  recovery,  // fast recovery
  loss,      // after a retransmission time-out, until what was sent before it is acknowledged
};

struct AckEvent {
  Sequence una = 0;  // after this acknowledgment
  Sequence nxt = 0;
  int acked = 0;           // segments taken off the scoreboard
  bool duplicate = false;  // RFC 5681 2
  std::span<const SackBlock> sack;
};

struct RecoveryVerdict {
  bool loss = false;        // fast recovery begins: the congestion window must be reduced
  bool recovered = false;   // fast recovery has ended
  bool retransmit = false;  // the first lost segment goes out whatever the congestion window
};

// Marks segments on the scoreboard; the connection sends what is marked, as the congestion window
// allows.
class LossRecovery {
 public:
  virtual ~LossRecovery() = default;

  RecoveryPhase phase() const { return phase_; }

  // After the scoreboard has taken the acknowledgment.
  virtual RecoveryVerdict on_ack(const AckEvent& event, Scoreboard& scoreboard) = 0;
  // The retransmission timer has expired: everything counts as lost (go-back-N).
  virtual void on_timeout(Sequence nxt, Scoreboard& scoreboard) = 0;
  // Segments believed to be in the network (RFC 6675: pipe).
  virtual int in_flight(const Scoreboard& scoreboard) const = 0;

 protected:
  RecoveryPhase phase_ = RecoveryPhase::open;
};

// `sack`: both sides have agreed on selective acknowledgments.
std::unique_ptr<LossRecovery> make_loss_recovery(bool sack);

// Segments that must have overtaken one before it counts as lost (RFC 5681: DupThresh).
inline constexpr int kDuplicateThreshold = 3;

}  // namespace dispatch::sim::tcp
