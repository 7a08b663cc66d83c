#include "sim/tcp/ack_policy.hpp"

#include "sim/tcp/timer_wheel.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

constexpr Duration kDelay = std::chrono::milliseconds(40);  // TCP_DELACK_MIN
constexpr std::uint8_t kQuickAcks = 16;                     // TCP_MAX_QUICKACKS

}  // namespace

void AckPolicy::on_data(std::size_t bytes, bool pushed, Duration rto, TimePoint now) {
  if (bytes >= segment_) {
    segment_ = static_cast<std::uint32_t>(bytes);
  } else if (pushed) {
    pushed_ = true;
  }
  if (!started_ || now - last_received_ > rto) quick_ = kQuickAcks;
  started_ = true;
  last_received_ = now;
}

void AckPolicy::on_disorder() {
  quick_ = kQuickAcks;
  ping_pong_ = false;
  scheduled_ = due_ = true;
}

void AckPolicy::schedule(std::size_t unacknowledged, bool holes, TimePoint now) {
  scheduled_ = true;
  if (unacknowledged > segment_ || holes || quick()) {
    due_ = true;
  } else if (deadline_ == net::kNever) {
    deadline_ = timer_expiry(now, kDelay);
  }
}

void AckPolicy::on_read(std::size_t unacknowledged, bool emptied) {
  if (!scheduled_) return;
  if (unacknowledged > segment_ || (emptied && pushed_ && !ping_pong_)) due_ = true;
}

void AckPolicy::on_sent(bool with_data, TimePoint now) {
  if (with_data && started_ && now - last_received_ < kDelay) ping_pong_ = true;
  if (quick_ > 0 && scheduled_) --quick_;
  stop();
}

void AckPolicy::on_timer() {
  deadline_ = net::kNever;
  ping_pong_ = false;
  due_ = true;
}

void AckPolicy::stop() {
  deadline_ = net::kNever;
  scheduled_ = due_ = pushed_ = false;
}

}  // namespace dispatch::sim::tcp
