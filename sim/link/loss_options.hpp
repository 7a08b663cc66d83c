// How packets get lost on the way, and what else befalls them there.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

namespace dispatch::sim {

// A line that is good or bad (Gilbert 1960, Elliott 1963). Each packet is lost with the probability
// of the present state; then the state may change. It begins good. In the long run r / (p + r) of
// the packets meet the good state, and a stay in the bad one lasts 1 / r packets.
struct GilbertElliott {
  double p = 0;  // from good to bad, per packet
  double r = 1;  // from bad to good
  double good = 0;
  double bad = 1;

  friend bool operator==(const GilbertElliott&, const GilbertElliott&) = default;
};

// The same, said as people measure it: so much is lost in the long run, `length` packets in a row
// in the mean. A loss and a length from which no probability below 1 follows are a bug of the
// caller.
struct LossBursts {
  double loss = 0;
  double length = 1;  // at least 1

  GilbertElliott as_gilbert_elliott() const;
  friend bool operator==(const LossBursts&, const LossBursts&) = default;
};

// With the probability `correlation` a packet meets the fate of the one before it; else it is lost
// with the probability `loss`. In the long run exactly `loss` is lost, and the fates of packets
// that are k apart correlate by correlation^k. (The correlation of netem loses more or less than it
// is told to.)
struct CorrelatedLoss {
  double loss = 0;
  double correlation = 0;

  friend bool operator==(const CorrelatedLoss&, const CorrelatedLoss&) = default;
};

// These packets, and no others. The first one that leaves the line is number 1.
struct ScriptedLoss {
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  // included
    friend bool operator==(const Range&, const Range&) = default;
  };
  std::vector<Range> packets;  // ascending, none touches another

  friend bool operator==(const ScriptedLoss&, const ScriptedLoss&) = default;
};

// A number is a probability: each packet is lost for itself.
using LossModel = std::variant<double, GilbertElliott, LossBursts, CorrelatedLoss, ScriptedLoss>;

}  // namespace dispatch::sim
