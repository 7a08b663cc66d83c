// When to leave slow start before the queue overflows: HyStart, as Linux's CUBIC has it.
#pragma once

#include "sim/tcp/congestion.hpp"

namespace dispatch::sim::tcp {

// (Ha, Rhee 2011: "Taming the elephants".) In each round trip it watches
// - the train of closely spaced ACKs: one that lasts half of the minimum RTT has filled the path;
// - the delay: the smallest RTT of the round, once eight were seen, beyond the minimum by an eighth
//   of it, at least 4 and at most 16 ms.
// It does nothing below 16 segments.
class HyStart {
 public:
  // An RTT sample in slow start: true when it is time to leave.
  bool should_leave(const CongestionWindow& window, const AckSample& sample, Duration minimum);
  void begin_round(const AckSample& sample);

 private:
  TimePoint round_start_{};
  TimePoint last_ack_{};
  Sequence round_end_ = 0;
  Duration round_rtt_ = Duration::max();
  int samples_ = 0;
  bool begun_ = false;
};

}  // namespace dispatch::sim::tcp
