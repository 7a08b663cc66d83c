#include "sim/tcp/recovery.hpp"

#include "sim/tcp/newreno.hpp"
#include "sim/tcp/sack_recovery.hpp"

namespace dispatch::sim::tcp {

std::unique_ptr<LossRecovery> make_loss_recovery(bool sack) {
  if (sack) return std::make_unique<SackRecovery>();
  return std::make_unique<NewReno>();
}

}  // namespace dispatch::sim::tcp
