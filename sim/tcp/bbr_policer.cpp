#include "sim/tcp/bbr_policer.hpp"

namespace dispatch::sim::tcp {

namespace {

constexpr int kLeastRounds = 4;
constexpr int kMostRounds = 4 * kLeastRounds;
constexpr int kKeptRounds = 48;
constexpr std::uint64_t kLossThreshold = 50;  // of 256 delivered
constexpr Bandwidth kSameWithin = 8;          // an eighth...
constexpr std::uint64_t kSameBytes = 500;     // ...or 4 kbit/s

std::uint64_t milliseconds_of(TimePoint time) {
  return whole_microseconds(time.time_since_epoch()) / 1000;
}

}  // namespace

void BbrPolicer::begin_interval(const PathModel& model, std::uint32_t lost) {
  began_ms_ = milliseconds_of(model.delivered_at);
  delivered_ = model.delivered;
  lost_ = lost;
  rounds_ = 0;
}

void BbrPolicer::forget(const PathModel& model, std::uint32_t lost) {
  rate_ = 0;
  found_ = sampling_ = false;
  begin_interval(model, lost);
}

bool BbrPolicer::same_rate(Bandwidth rate, std::uint32_t segment_bytes) const {
  const auto difference = rate > rate_ ? rate - rate_ : rate_ - rate;
  return difference * kSameWithin <= rate_ ||
         bytes_per_second(difference, segment_bytes, kUnity, 99) <= kSameBytes;
}

BbrPolicer::News BbrPolicer::end_interval(Bandwidth rate, const PathModel& model,
                                          std::uint32_t lost) {
  if (rate_ != 0 && same_rate(rate, model.segment_bytes)) {
    rate_ = (rate + rate_) / 2;
    found_ = true;
    rounds_ = 0;
    return News::found;
  }
  rate_ = rate;
  begin_interval(model, lost);
  return News::none;
}

BbrPolicer::News BbrPolicer::on_ack(const PathModel& model, std::uint32_t lost, bool round_start,
                                    bool probing) {
  if (found_) {
    if (!probing || !round_start || ++rounds_ < kKeptRounds) return News::none;
    forget(model, lost);
    return News::forgotten;
  }
  if (!sampling_) {
    if (model.lost == 0) return News::none;
    begin_interval(model, lost);
    sampling_ = true;
  }
  if (model.rate.application_limited) {
    forget(model, lost);
    return News::none;
  }
  if (round_start) ++rounds_;
  if (rounds_ < kLeastRounds) return News::none;
  if (rounds_ > kMostRounds) {
    forget(model, lost);
    return News::none;
  }
  if (model.lost == 0) return News::none;  // the interval ends with a loss
  const std::uint64_t delivered = model.delivered - delivered_;
  const std::uint64_t gone = lost - lost_;
  if (delivered == 0 || gone * kUnity < kLossThreshold * delivered) return News::none;
  const auto elapsed = milliseconds_of(model.delivered_at) - began_ms_;
  if (elapsed == 0) return News::none;
  return end_interval(bandwidth(delivered, elapsed * 1000), model, lost);
}

}  // namespace dispatch::sim::tcp
