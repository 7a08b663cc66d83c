// What is measured of a link, for policies to choose by.
#pragma once

#include "engine/link/fading.hpp"
#include "engine/link/peak_ewma.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace dispatch::link {

struct LinkCounters;

// Used under the LinkSet's lock. Rates are bytes of payload per second, of the direction that
// carries more.
class LinkFigures {
 public:
  // Brings the rates up to date with what the link has carried by `now`.
  void observe(LinkCounters& counters, net::TimePoint now);

  // A choice has fallen on it.
  void chosen(net::TimePoint now);

  // Connecting, or the first byte of an answer, took so long.
  void answered(net::Duration after, net::TimePoint now) { latency_.observe(after, now); }
  // No connection came of it, and it was the link's fault: as bad as a slow one.
  void failed(net::Duration after, net::TimePoint now);

  // None: nothing has been measured.
  std::optional<net::Duration> latency(net::TimePoint now) const { return latency_.at(now); }

  // Connections that moved bytes in the last half second, and those that a choice has been made for
  // since.
  std::size_t active() const { return active_ + begun_; }
  // Of these, those of which nothing has been seen yet.
  std::size_t begun() const { return begun_; }

  double rate() const { return rate_; }  // of the last second
  // Both directions, of the last seconds: bytes.
  double traffic(net::TimePoint now) const { return traffic_.at(now); }

  // Bytes and choices of the last half minute: how large its connections are.
  double bytes_of_late(net::TimePoint now) const { return bytes_.at(now); }
  double choices_of_late(net::TimePoint now) const { return choices_.at(now); }

  // The most that it has carried in the last minutes, and of late where its connections take from
  // each other: what it can carry, or less as long as nobody has asked for more. 0: not known.
  double capacity() const { return capacity_; }

  // Whether its connections take from each other: each has clearly less than one had before.
  bool is_shared_out() const { return share_ < kShareLost * best_share_; }

  // The rate that one more connection might have: its part of the capacity where connections take
  // from each other, and what each of those there are has where they do not. None: not known.
  std::optional<double> share_of_one_more() const;
  // When that was last seen.
  net::TimePoint measured_at() const { return measured_at_; }

 private:
  static constexpr double kShareLost = 0.7;

  void begin_epoch(LinkCounters& counters, net::TimePoint now);
  void learn(net::Duration passed, net::TimePoint now);

  PeakEwma latency_;
  Fading traffic_{std::chrono::seconds(5)};
  Fading bytes_{std::chrono::seconds(30)};
  Fading choices_{std::chrono::seconds(30)};
  std::uint64_t sent_ = 0;  // as last seen
  std::uint64_t received_ = 0;
  double sent_rate_ = 0;
  double received_rate_ = 0;
  double rate_ = 0;
  double share_ = 0;       // of each active connection
  double best_share_ = 0;  // of late
  double capacity_ = 0;
  std::size_t active_ = 0;
  std::size_t begun_ = 0;
  net::TimePoint observed_at_{};
  net::TimePoint epoch_began_{};
  net::TimePoint measured_at_{};
};

}  // namespace dispatch::link
