// Which packets get lost.
#pragma once

#include "sim/core/random.hpp"
#include "sim/link/loss_options.hpp"

#include <cstdint>

namespace dispatch::sim {

// Decides packet by packet. How many numbers a packet draws depends on the kind of model alone, so
// that a new probability does not shift the chance of later packets.
class LossProcess {
 public:
  explicit LossProcess(LossModel model) { set_model(std::move(model)); }

  // Decides over the next packet.
  bool loses_next(Random& random) {
    if (const auto* probability = std::get_if<double>(&model_)) {
      return random.bernoulli(*probability);
    }
    return loses_by_model(random);
  }

  // The new model begins as it were the first: a line is good, the next packet is number 1.
  void set_model(LossModel model);
  const LossModel& model() const { return model_; }

 private:
  bool loses_by_model(Random& random);
  bool loses(const GilbertElliott& line, Random& random);
  bool loses(const CorrelatedLoss& model, Random& random);
  bool loses(const ScriptedLoss& script);

  LossModel model_;
  GilbertElliott line_;  // of LossBursts
  bool bad_ = false;     // the line's state, or the fate of the packet before
  std::uint64_t number_ = 0;
  std::size_t range_ = 0;  // of the script: the first that is not over
};

}  // namespace dispatch::sim
