// How much may be in the network: the congestion window, and the interface of the algorithms that
// govern it.
#pragma once

#include "sim/tcp/delivery_rate.hpp"
#include "sim/tcp/options.hpp"
#include "sim/tcp/sequence.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>

namespace dispatch::sim::tcp {

// In segments.
struct CongestionWindow {
  static constexpr int kNoThreshold = std::numeric_limits<int>::max();

  int segments = 10;
  int threshold = kNoThreshold;  // ssthresh
  int counted = 0;               // acknowledged segments towards the next increase

  bool in_slow_start() const { return segments < threshold; }

  // One segment for each that was acknowledged, up to the threshold: how many are left over.
  int slow_start(int acked) {
    const auto grown = std::min(acked, threshold - segments);
    segments += grown;
    return acked - grown;
  }

  // One segment for every `per` acknowledged ones (Linux: tcp_cong_avoid_ai).
  void increase(int per, int acked) {
    if (counted >= per) {
      counted = 0;
      ++segments;
    }
    counted += acked;
    if (counted >= per) {
      segments += counted / per;
      counted %= per;
    }
  }
};

// What an acknowledgment tells the algorithm.
struct AckSample {
  TimePoint now{};
  Sequence una = 0;
  Sequence nxt = 0;
  int delivered = 0;              // segments, by ACK or SACK
  std::optional<Duration> rtt;    // of the newest segment that was delivered
  bool window_used = false;       // the congestion window is what holds the sender (RFC 7661)
  Duration minimum_rtt{};         // of the last five minutes
  std::uint64_t pacing_rate = 0;  // bytes per second, what it would be or is paced at
};

// What an algorithm that governs all by itself (BBR) needs to know.
struct PathModel {
  TimePoint now{};
  RateSample rate;
  int in_flight = 0;
  int lost = 0;                  // segments, by this acknowledgment...
  std::uint32_t lost_total = 0;  // ...and since the connection began
  bool in_recovery = false;
  bool in_loss = false;
  std::uint32_t delivered = 0;  // segments, of the connection
  TimePoint delivered_at{};
  Duration smoothed_rtt{};
  Duration minimum_rtt{};  // of the last five minutes
  TimePoint departure{};   // when the pace lets the next burst go; maybe past
  std::uint32_t segment_bytes = 1448;
};

class CongestionControl {
 public:
  virtual ~CongestionControl() = default;

  // The timing of every acknowledgment that delivers something (Linux: pkts_acked).
  virtual void on_delivery(CongestionWindow&, const AckSample&) {}
  // Data was acknowledged, and the state lets the window grow (cong_avoid).
  virtual void on_ack(CongestionWindow& window, const AckSample& sample) = 0;
  // A loss, or ECN's word: what the threshold becomes (ssthresh).
  virtual int threshold_after_loss(const CongestionWindow& window) = 0;
  // The reduction from `prior` segments was for nothing (undo_cwnd).
  virtual int undone(const CongestionWindow& window, int prior) {
    return std::max(window.segments, prior);
  }
  // The retransmission timer has expired.
  virtual void on_timeout(const AckSample&) {}
  // Sending begins again with nothing in flight; the last data was sent `pause` ago.
  virtual void on_restart(CongestionWindow&, Duration /*pause*/, TimePoint /*now*/) {}

  // Governs window and pace by itself; on_ack is not called, and PRR has no say.
  virtual bool governs() const { return false; }
  virtual void govern(CongestionWindow&, const PathModel&) {}
  // The window is kept small on purpose: what is delivered says nothing about the path's rate.
  virtual bool limits_application() const { return false; }
  // Bytes per second; zero: not paced.
  virtual std::uint64_t pacing_rate() const { return 0; }
  // Segments that leave at once at least (min_tso_segs).
  virtual std::size_t least_burst() const { return 2; }
};

// `seed`: of what it leaves to chance.
std::unique_ptr<CongestionControl> make_congestion_control(CongestionAlgorithm algorithm,
                                                           std::uint32_t seed);

}  // namespace dispatch::sim::tcp
