// A line that sends when a recorded link could (Mahimahi's mm-link).
#pragma once

#include "sim/link/rate_options.hpp"

#include <cstdint>

namespace dispatch::sim {

// As mm-link has it: an opportunity that comes while packets wait takes DeliveryTrace::kBytes of
// them, as many packets as that makes; a packet of which a part is left goes on with the next
// opportunity. One that comes while nothing waits is lost, and so is what is left of one when the
// queue runs empty. A packet that comes at the very instant of an opportunity has missed it.
class TraceLine {
 public:
  // The trace begins at `start`.
  TraceLine(TracePtr trace, net::TimePoint start) : trace_(std::move(trace)), start_(start) {}

  // The earliest time, from `now` on, at which a packet may leave the queue. `busy`: one has been
  // waiting since before `now`.
  net::TimePoint ready(net::TimePoint now, bool busy);
  // As Serialiser::begin(); `now` is a time that ready() has given.
  net::TimePoint begin(ByteSize size, net::TimePoint now);

 private:
  net::TimePoint time_of(std::uint64_t opportunity) const;
  // Passes over the opportunities before `time`.
  void skip_to(net::TimePoint time);

  TracePtr trace_;
  net::TimePoint start_;
  std::uint64_t next_ = 0;  // opportunity, counted over all repetitions
  net::TimePoint current_{net::Duration(-1)};
  std::uint32_t left_ = 0;  // bytes, of the opportunity at current_
};

}  // namespace dispatch::sim
