// How fast the network delivers (draft-cheng-iccrg-delivery-rate-estimation; Linux: tcp_rate.c).
#pragma once

#include "sim/tcp/scoreboard.hpp"

#include <optional>

namespace dispatch::sim::tcp {

// Between two moments in the life of the segment that was delivered last.
struct RateSample {
  int delivered = -1;     // segments within the interval; -1: no sample
  Duration interval{-1};  // the longer of sending and acknowledging them
  std::uint32_t prior_delivered = 0;
  std::optional<TimePoint> prior_at;
  std::optional<Duration> rtt;
  int acked = 0;  // segments delivered by this acknowledgment
  int lost = 0;
  int prior_in_flight = 0;
  bool application_limited = false;
  bool ack_maybe_delayed = false;  // the RTT may include the receiver's wait for more
};

class DeliveryRate {
 public:
  // Before the scoreboard counts it.
  void on_sent(SentSegment& segment, bool nothing_outstanding);

  void begin(RateSample& sample, int in_flight) const { sample.prior_in_flight = in_flight; }
  // A segment was acknowledged or SACKed for the first time.
  void on_delivered(const SentSegment& segment, RateSample& sample);
  void count(int segments) { delivered_ += static_cast<std::uint32_t>(segments); }
  void finish(RateSample& sample, int acked, int lost, Duration minimum_rtt, TimePoint now);

  // The application has nothing to send while the window would let it.
  void on_application_limited(int in_flight);

  std::uint32_t delivered() const { return delivered_; }
  TimePoint delivered_at() const { return delivered_at_; }
  bool application_limited() const { return limited_until_ != 0; }
  // The newest sample, or the highest application-limited one: segments over time.
  int rate_segments() const { return rate_segments_; }
  Duration rate_interval() const { return rate_interval_; }

 private:
  std::uint32_t delivered_ = 0;
  std::uint32_t limited_until_ = 0;
  TimePoint delivered_at_{};
  TimePoint first_sent_at_{};
  Sequence last_end_ = 0;
  int rate_segments_ = 0;
  Duration rate_interval_{};
};

}  // namespace dispatch::sim::tcp
