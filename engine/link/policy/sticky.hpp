// Connections that belong together stay on one link.
#pragma once

#include "engine/link/policy/smooth_weighted_round_robin.hpp"

#include <cstdint>
#include <deque>
#include <map>

namespace dispatch::link {

struct StickyOptions {
  Isolation isolation{.client = true, .domain = true};
  net::Duration lifetime{};  // after which a key may get another link; 0: never
};

// Weighted rendezvous hashing: a link's score for a key is -ln(u) / weight, where u in (0, 1) is
// the hash of the key and the link's name; the least score wins. Keys are shared by weight, and
// those of a link that cannot be chosen go to the others, each to its second best, and come back
// with it; no other key moves. The same key gets the same link after a restart too.
//
// A key with a lifetime counts as another key after each such time, from when it was first seen.
// Connections without a key take turns by weight.
class Sticky : public Policy {
 public:
  explicit Sticky(StickyOptions options) : options_(options) {}

  Link& choose(const Occasion& occasion) override;
  PolicyTraits traits() const override { return {.isolation = options_.isolation}; }

  // Keys with a lifetime that are remembered; the one seen first is forgotten for a new one.
  static constexpr std::size_t kKeysMax = 65'536;

 private:
  std::uint64_t key_of(const Occasion& occasion);

  StickyOptions options_;
  SmoothWeightedRoundRobin turns_;
  std::map<std::uint64_t, net::TimePoint> first_seen_;  // for look-up only
  std::deque<std::uint64_t> in_order_;                  // of their first being seen
};

}  // namespace dispatch::link
