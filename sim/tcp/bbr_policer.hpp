// Whether a policer holds the flow: a token bucket that drops what is above its rate.
#pragma once

#include "sim/tcp/bandwidth.hpp"
#include "sim/tcp/congestion.hpp"

namespace dispatch::sim::tcp {

// BBR's long-term sampling (draft-cardwell-iccrg-bbr-congestion-control-00 4.2.5 as Linux has it:
// bbr_lt_bw_sampling). Two intervals of 4 to 16 round trips that begin and end with losses, each
// with a fifth of its segments lost and both of about the same rate: that is the policer's. It is
// kept to for 48 round trips, then asked anew.
class BbrPolicer {
 public:
  enum class News : std::uint8_t { none, found, forgotten };

  // Every acknowledgment; `lost`: in all, since the connection began.
  News on_ack(const PathModel& model, std::uint32_t lost, bool round_start, bool probing);
  void forget(const PathModel& model, std::uint32_t lost);

  bool found() const { return found_; }
  Bandwidth rate() const { return rate_; }

 private:
  void begin_interval(const PathModel& model, std::uint32_t lost);
  bool same_rate(Bandwidth rate, std::uint32_t segment_bytes) const;
  News end_interval(Bandwidth rate, const PathModel& model, std::uint32_t lost);

  bool sampling_ = false;
  bool found_ = false;
  int rounds_ = 0;
  Bandwidth rate_ = 0;  // of the last interval, then of the policer
  std::uint32_t delivered_ = 0;
  std::uint32_t lost_ = 0;
  std::uint64_t began_ms_ = 0;
};

}  // namespace dispatch::sim::tcp
