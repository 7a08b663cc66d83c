#include "sim/tcp/delivery_rate.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

std::uint32_t microseconds_of(Duration duration) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

}  // namespace

void DeliveryRate::on_sent(SentSegment& segment, bool nothing_outstanding) {
  if (nothing_outstanding) first_sent_at_ = delivered_at_ = segment.sent;
  segment.first_sent_ago = microseconds_of(segment.sent - first_sent_at_);
  segment.delivered_ago = microseconds_of(segment.sent - delivered_at_);
  segment.delivered = delivered_;
  segment.application_limited = limited_until_ != 0;
}

void DeliveryRate::on_delivered(const SentSegment& segment, RateSample& sample) {
  const bool newer = segment.sent > first_sent_at_ ||
                     (segment.sent == first_sent_at_ && after(segment.end(), last_end_));
  if (sample.prior_at && !newer) return;
  sample.prior_delivered = segment.delivered;
  sample.prior_at = segment.sent - std::chrono::microseconds(segment.delivered_ago);
  sample.application_limited = segment.application_limited;
  last_end_ = segment.end();
  first_sent_at_ = segment.sent;
  sample.interval = std::chrono::microseconds(segment.first_sent_ago);
}

void DeliveryRate::finish(RateSample& sample, int acked, int lost, Duration minimum_rtt,
                          TimePoint now) {
  if (limited_until_ != 0 && static_cast<std::int32_t>(delivered_ - limited_until_) > 0) {
    limited_until_ = 0;
  }
  if (acked > 0) delivered_at_ = now;
  sample.acked = acked;
  sample.lost = lost;
  if (!sample.prior_at) {
    sample.interval = Duration(-1);
    return;
  }
  sample.delivered = static_cast<int>(delivered_ - sample.prior_delivered);
  sample.interval = std::max(sample.interval, now - *sample.prior_at);
  if (sample.interval < minimum_rtt) {
    sample.interval = Duration(-1);
    return;
  }
  const auto old_rate =
      static_cast<double>(rate_segments_) * static_cast<double>(sample.interval.count());
  const auto new_rate =
      static_cast<double>(sample.delivered) * static_cast<double>(rate_interval_.count());
  if (!sample.application_limited || new_rate >= old_rate) {
    rate_segments_ = sample.delivered;
    rate_interval_ = sample.interval;
  }
}

void DeliveryRate::on_application_limited(int in_flight) {
  limited_until_ = delivered_ + static_cast<std::uint32_t>(in_flight);
  if (limited_until_ == 0) limited_until_ = 1;
}

}  // namespace dispatch::sim::tcp
