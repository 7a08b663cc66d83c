#include "sim/tcp/ack_policy.hpp"

#include "sim/tcp/timer_wheel.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

using std::chrono::milliseconds;

constexpr Duration kLeastDelay = milliseconds(40);  // TCP_DELACK_MIN, TCP_ATO_MIN
constexpr Duration kMostDelay = milliseconds(200);  // TCP_DELACK_MAX
constexpr Duration kMostWait = milliseconds(500);
constexpr std::uint8_t kQuickAcks = 16;  // TCP_MAX_QUICKACKS
constexpr std::uint8_t kAcksBehindHole = 3;
constexpr std::uint8_t kMostCompressed = 44;                         // tcp_comp_sack_nr
constexpr Duration kCompressMost = milliseconds(1);                  // ..._delay_ns
constexpr Duration kCompressSlack = std::chrono::microseconds(100);  // ..._slack_ns

}  // namespace

// Half a window's worth of segments, at least 2 and at most `most` (tcp_incr_quickack).
void AckPolicy::more_quick(std::size_t window, std::size_t most) {
  const auto count = std::max<std::size_t>(window / (2 * std::size_t{segment_}), 2);
  quick_ = std::max(quick_, static_cast<std::uint8_t>(std::min(count, most)));
}

void AckPolicy::on_data(std::size_t bytes, bool pushed, std::size_t window, Duration rto,
                        TimePoint now) {
  scheduled_ = true;
  if (bytes >= segment_) {
    segment_ = static_cast<std::uint32_t>(bytes);
    if (pushed) pushed_ = true;
  } else {
    pushed_again_ = pushed_;
    pushed_ = true;
  }
  if (wait_ == Duration{}) {
    more_quick(window, kQuickAcks);
    wait_ = kLeastDelay;
  } else if (const auto pause = now - last_received_; pause <= kLeastDelay / 2) {
    wait_ = wait_ / 2 + kLeastDelay / 2;
  } else if (pause < wait_) {
    wait_ = std::min(wait_ / 2 + pause, rto);
  } else if (pause > rto) {
    more_quick(window, kQuickAcks);
  }
  last_received_ = now;
}

void AckPolicy::on_useless(std::size_t window) {
  more_quick(window, kQuickAcks);
  ping_pong_ = false;
  wait_ = kLeastDelay;
  scheduled_ = due_ = true;
}

void AckPolicy::schedule(const Arrival& arrival, TimePoint now) {
  scheduled_ = true;
  if ((arrival.unacknowledged > segment_ && arrival.may_open) || quick()) {
    due_ = true;
  } else if (arrival.holes) {
    compress(arrival, now);
  } else if (!due_) {
    delay(arrival.smoothed_rtt, now);
  }
}

void AckPolicy::compress(const Arrival& arrival, TimePoint now) {
  if (hole_ != arrival.next) {
    hole_ = arrival.next;
    behind_hole_ = 0;
  }
  if (!arrival.sack || behind_hole_ < kAcksBehindHole || arrival.new_block ||
      compressed_ >= kMostCompressed) {
    if (behind_hole_ < kAcksBehindHole) ++behind_hole_;
    due_ = true;
    return;
  }
  ++compressed_;
  if (compress_until_ != net::kNever) return;
  auto rtt = arrival.receiver_rtt;
  if (arrival.smoothed_rtt != Duration{}) rtt = std::min(rtt, arrival.smoothed_rtt);
  compress_until_ = now + std::min(kCompressMost, rtt / 20) + kCompressSlack;
}

// Linux's tcp_send_delayed_ack.
void AckPolicy::delay(Duration smoothed_rtt, TimePoint now) {
  auto wait = wait_;
  if (wait > kLeastDelay) {
    auto most = ping_pong_ || pushed_ ? kMostDelay : kMostWait;
    if (smoothed_rtt != Duration{}) most = std::min(most, std::max(smoothed_rtt, kLeastDelay));
    wait = std::min(wait, most);
  }
  wait = std::min(std::max(wait, kLeastDelay), kMostDelay);
  if (deadline_ != net::kNever && deadline_ <= now + wait / 4) {
    due_ = true;
    return;
  }
  deadline_ = std::min(deadline_, timer_expiry(now, wait));
}

void AckPolicy::on_read(std::size_t unacknowledged, bool emptied) {
  if (!scheduled_) return;
  if (unacknowledged > segment_ || (emptied && (pushed_again_ || (pushed_ && !ping_pong_)))) {
    due_ = true;
  }
}

void AckPolicy::on_sent(bool with_data, TimePoint now) {
  if (with_data && wait_ != Duration{} && now - last_received_ < wait_) ping_pong_ = true;
  if (quick_ > 0 && scheduled_ && --quick_ == 0) wait_ = kLeastDelay;
  stop();
}

void AckPolicy::on_timer(Duration rto, TimePoint now) {
  if (compress_until_ <= now) {
    compress_until_ = net::kNever;
    if (compressed_ > 0) due_ = true;
  }
  if (deadline_ > now) return;
  deadline_ = net::kNever;
  if (ping_pong_) {
    ping_pong_ = false;
    wait_ = kLeastDelay;
  } else {
    wait_ = std::min(2 * wait_, rto);
  }
  due_ = true;
}

void AckPolicy::stop() {
  deadline_ = compress_until_ = net::kNever;
  compressed_ = 0;
  scheduled_ = due_ = pushed_ = pushed_again_ = false;
}

}  // namespace dispatch::sim::tcp
