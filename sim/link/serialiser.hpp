// The time that a packet takes to be sent.
#pragma once

#include "engine/net/time.hpp"
#include "sim/link/units.hpp"

#include <cstdint>

namespace dispatch::sim {

// Sends one packet after another at a rate. Exact: what a nanosecond leaves over is carried to the
// next packet as long as the line stays busy, so that a long run takes bits / rate, to the
// nanosecond.
class Serialiser {
 public:
  explicit Serialiser(DataRate rate) : rate_(rate) {}

  // Begins a packet at `now`: when its last bit will have left; kNever at rate 0. The packet before
  // has ended at or before `now`.
  net::TimePoint begin(ByteSize size, net::TimePoint now);

  // Changes the rate in the middle of a packet that was begun and has not ended: its new end.
  net::TimePoint change_rate(DataRate rate, net::TimePoint now);
  // Changes the rate while the line is idle.
  void set_rate(DataRate rate) { rate_ = rate; }
  DataRate rate() const { return rate_; }

 private:
  net::TimePoint end_from(net::TimePoint start);

  DataRate rate_;
  net::TimePoint start_{};       // of what is being sent, at the present rate
  net::TimePoint end_{};         // of the last packet
  std::uint64_t bits_left_ = 0;  // at start_
  // Time beyond end_ that the line was still busy, in ns / bits_per_second.
  std::uint64_t remainder_ = 0;
};

}  // namespace dispatch::sim
