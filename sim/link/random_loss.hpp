// Packets that get lost by chance.
#pragma once

#include "sim/core/random.hpp"

namespace dispatch::sim {

// Each packet for itself, with the same probability.
class RandomLoss {
 public:
  explicit RandomLoss(double probability) : probability_(probability) {}

  // Decides over the next packet. Draws one number per packet whatever the probability, so that a
  // change of one link's loss does not shift the chance of its later packets.
  bool loses_next(Random& random) { return random.bernoulli(probability_); }

  void set_probability(double probability) { probability_ = probability; }
  double probability() const { return probability_; }

 private:
  double probability_;
};

}  // namespace dispatch::sim
