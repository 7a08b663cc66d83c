// What befalls packets on the way, beside being lost.
#pragma once

#include "sim/core/random.hpp"
#include "sim/link/jitter_options.hpp"

#include <cstdint>

namespace dispatch::sim {

// Which packets arrive twice, arrive corrupted, or overtake. Each mechanism has a random stream of
// its own, which it draws from while it is on.
class Mishaps {
 public:
  Mishaps(double duplicate, double corrupt, Reordering reorder, Random& duplicates,
          Random& corruptions, Random& reorderings)
      : duplicate_(duplicate),
        corrupt_(corrupt),
        reorder_(reorder),
        duplicates_(duplicates),
        corruptions_(corruptions),
        reorderings_(reorderings) {}

  bool any() const { return duplicate_ > 0 || corrupt_ > 0 || reorder_.share > 0; }
  bool duplicates_next() { return duplicate_ > 0 && duplicates_.bernoulli(duplicate_); }
  bool corrupts_next() { return corrupt_ > 0 && corruptions_.bernoulli(corrupt_); }
  bool reorders_next() {
    if (reorder_.share <= 0) return false;
    const bool chance = reorderings_.bernoulli(reorder_.share);
    if (++since_gap_ < reorder_.gap) return false;
    // netem: after a gap, each packet has the chance until one overtakes.
    if (chance) since_gap_ = 0;
    return chance;
  }

  void set_duplicate(double probability) { duplicate_ = probability; }
  void set_corrupt(double probability) { corrupt_ = probability; }
  void set_reorder(Reordering reorder) { reorder_ = reorder; }
  double duplicate() const { return duplicate_; }
  double corrupt() const { return corrupt_; }
  const Reordering& reorder() const { return reorder_; }

 private:
  double duplicate_;
  double corrupt_;
  Reordering reorder_;
  std::uint32_t since_gap_ = 0;
  Random& duplicates_;
  Random& corruptions_;
  Random& reorderings_;
};

}  // namespace dispatch::sim
