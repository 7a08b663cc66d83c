// The round-trip time and the retransmission time-out that follows from it.
#pragma once

#include "sim/tcp/options.hpp"
#include "sim/tcp/sequence.hpp"

namespace dispatch::sim::tcp {

// RFC 6298 as Linux has it (tcp_rtt_estimator): RTO = SRTT + max(rto_min, 4 RTTVAR). The variance
// rises at once and decays once per round trip, and a sample below the average raises it by an
// eighth only.
class RttEstimator {
 public:
  RttEstimator(Duration rto_min, Duration rto_max) : rto_min_(rto_min), rto_max_(rto_max) {}

  // `una` and `nxt` tell when a round trip is over.
  void on_sample(Duration rtt, Sequence una, Sequence nxt);
  // The minimum is of the last five minutes (tcp_min_rtt_wlen).
  void on_minimum(Duration rtt, TimePoint now);

  bool measured() const { return smoothed_ != Duration{}; }
  std::uint32_t samples() const { return samples_; }
  Duration smoothed() const { return smoothed_ / 8; }
  Duration deviation() const { return variance_ / 4; }
  Duration minimum() const { return minimum_; }

  // Without back-off, in whole ticks of the kernel's clock; 1 s before the first sample (RFC 6298
  // 2.1).
  Duration timeout() const;

 private:
  Duration rto_min_;
  Duration rto_max_;
  Duration smoothed_{};       // 8 SRTT
  Duration deviation_{};      // 4 times the mean deviation
  Duration deviation_max_{};  // the largest in this round trip
  Duration variance_{};       // what counts: 4 RTTVAR, at least rto_min
  Duration minimum_ = Duration::max();
  TimePoint minimum_at_{};
  Sequence round_end_ = 0;
  std::uint32_t samples_ = 0;
};

}  // namespace dispatch::sim::tcp
