// How fast links carry bytes, second by second.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/runtime.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace dispatch::control {

// Payload, bytes per second, in one interval.
struct Rate {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;

  friend bool operator==(const Rate&, const Rate&) = default;
};

// Of all links of a set, those that are added later too. Used on one event loop.
class Rates {
 public:
  static constexpr net::Duration kInterval = std::chrono::seconds(1);
  static constexpr std::size_t kIntervalsMax = 300;

  explicit Rates(link::LinkSet& links) : links_(links) {}

  // Looks once in each interval, until it is cancelled.
  net::Task<void> follow(net::Clock& clock);

  // In the newest interval that is over; none: {}.
  Rate now(const link::Link& link) const;

  // Oldest first, at most kIntervalsMax; the last ones of all links are of the same time.
  std::vector<Rate> series(const link::Link& link) const;

 private:
  struct Track {
    const link::Link* link;
    std::uint64_t sent;  // in all, when it was last looked at
    std::uint64_t received;
    std::deque<Rate> rates{};
  };

  void look(net::Duration since_last);
  Track& track_of(const link::Link& link);
  const Track* find(const link::Link& link) const;

  link::LinkSet& links_;
  std::vector<Track> tracks_;
};

}  // namespace dispatch::control
