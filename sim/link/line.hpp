// What sends the packets of one direction, one after another.
#pragma once

#include "sim/link/serialiser.hpp"
#include "sim/link/token_bucket_line.hpp"
#include "sim/link/trace_line.hpp"

#include <variant>

namespace dispatch::sim {

// A serialiser, or what another RateModel makes of it.
class Line {
 public:
  Line(const RateModel& model, net::TimePoint now);

  const RateModel& model() const { return model_; }
  // Sends whatever there is in no time.
  bool is_unlimited() const { return unlimited_; }

  // The earliest time, from `now` on, at which a packet may be begun. `busy`: one has been waiting
  // since before `now`.
  net::TimePoint ready(net::TimePoint now, bool busy) {
    auto* trace = std::get_if<TraceLine>(&sender_);
    return trace == nullptr ? now : trace->ready(now, busy);
  }
  // Begins a packet at `now`, which ready() has given: when its last bit will have left; kNever at
  // rate 0. The packet before has ended at or before `now`.
  net::TimePoint begin(ByteSize size, net::TimePoint now);

  // The model changes while nothing is being sent.
  void set_model(const RateModel& model, net::TimePoint now);
  // The model changes in the middle of a packet of `size` that was begun and has not ended: its new
  // end. From one rate to another what has been sent remains so; with any other model the packet is
  // sent anew.
  net::TimePoint change_model(const RateModel& model, ByteSize size, net::TimePoint now);

 private:
  using Sender = std::variant<Serialiser, TokenBucketLine, TraceLine>;
  static Sender sender_of(const RateModel& model, net::TimePoint now);
  void adopt(const RateModel& model);

  RateModel model_ = DataRate::unlimited();
  bool unlimited_ = false;
  Sender sender_;
};

}  // namespace dispatch::sim
