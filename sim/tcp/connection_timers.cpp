// The timers. Retransmission, loss probe, reordering and window probe share one, as they exclude
// each other.
#include "sim/tcp/connection_impl.hpp"
#include "sim/tcp/retry_limits.hpp"
#include "sim/tcp/timer_wheel.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

constexpr Duration kLeastTimer = 2 * kTick;  // TCP_TIMEOUT_MIN_US

}  // namespace

TimePoint Connection::Impl::deadline() const {
  return std::min({retransmit_deadline, acks.deadline(), close_deadline, keep_alive.deadline(),
                   pacer.deadline()});
}

void Connection::Impl::arm(Timer kind, Duration delay, TimePoint now) {
  timer = kind;
  retransmit_deadline = timer_expiry(now, std::min(delay, options.rto_max));
}

void Connection::Impl::disarm() {
  timer = Timer::none;
  retransmit_deadline = net::kNever;
}

// When the first segment's time is up, counted from when it was last sent.
Duration Connection::Impl::until_timeout(TimePoint now) const {
  return recovery->board()[0].sent + rto - now;
}

// RFC 6298 5.3; what has passed since a probe or the wait for reordering was armed counts.
void Connection::Impl::arm_retransmission(TimePoint now) {
  if (!outstanding()) return disarm();
  auto delay = rto;
  if (timer == Timer::loss_probe || timer == Timer::reordering) {
    delay = std::max(until_timeout(now), Duration(1));
  }
  arm(Timer::retransmission, delay, now);
}

// RFC 8985 7.2: two round trips after the last segment was sent, and where it is alone also the
// longest delay of an acknowledgment; never later than the time-out.
bool Connection::Impl::arm_loss_probe(bool advancing, TimePoint now) {
  if (!recovery->may_probe()) return false;
  auto delay = Duration(std::chrono::seconds(1));
  if (rtt.measured()) {
    delay =
        2 * rtt.smoothed() + (recovery->board().outstanding() == 1 ? options.rto_min : kLeastTimer);
  }
  const auto timeout = advancing ? rto : until_timeout(now);
  if (timeout > Duration{}) delay = std::min(delay, timeout);
  arm(Timer::loss_probe, delay, now);
  return true;
}

void Connection::Impl::set_timer(const TimerRequest& request, TimePoint now) {
  if (request.reordering) {
    arm(Timer::reordering, *request.reordering + kLeastTimer, now);
  } else if (request.rearm) {
    if (!arm_loss_probe(true, now)) arm_retransmission(now);
  }
}

void Connection::Impl::on_timer(TimePoint now) {
  if (close_deadline <= now) return finish();
  if (acks.deadline() <= now) acks.on_timer(rto, now);
  if (pacer.deadline() <= now) pacer.on_timer();
  if (keep_alive.deadline() <= now) on_keep_alive(now);
  if (retransmit_deadline > now) return;
  const auto what = timer;
  retransmit_deadline = net::kNever;
  switch (what) {
    case Timer::none:
      return;
    case Timer::handshake:
      return on_syn_timeout(now);
    case Timer::retransmission:
      return on_retransmission_timeout(now);
    case Timer::loss_probe:
      return on_loss_probe_timeout(now);
    case Timer::reordering:
      recovery->on_reordering_timeout(una, nxt, now);
      return arm_retransmission(now);
    case Timer::window_probe:
      return on_window_probe_timeout(now);
  }
}

// Whether the user's patience ends: counted `since` the first repetition or probe.
bool Connection::Impl::out_of_time(const std::optional<TimePoint>& since, TimePoint now) const {
  return user_timeout > Duration{} && since && now - *since >= user_timeout;
}

// A timer does not run beyond the end of the user's patience (Linux:
// tcp_clamp_rto_to_user_timeout).
Duration Connection::Impl::clamped(Duration delay, const std::optional<TimePoint>& since,
                                   TimePoint now) const {
  if (user_timeout == Duration{} || !since) return delay;
  return std::min(delay, std::max(*since + user_timeout - now, kTick));
}

// RFC 6298 5.4 to 5.6, and RFC 1122 4.2.3.5 for the end of patience.
void Connection::Impl::on_retransmission_timeout(TimePoint now) {
  timer = Timer::none;
  if (!outstanding()) return;
  const auto retries = orphan ? options.orphan_retries : options.retries2;
  const auto most = user_timeout > Duration{} ? user_timeout
                                              : patience(retries, options.rto_min, options.rto_max);
  if (stalled_since && now - *stalled_since >= most) {
    return fail(soft_error ? soft_error : Error(net::asio::error::timed_out));
  }
  if (!stalled_since) stalled_since = now;
  recovery->on_timeout(una, nxt, now, timestamp(now));
  rto = backed_off(rto, options.rto_max);
  ++backoff;
  arm(Timer::retransmission, clamped(rto, stalled_since, now), now);
}

// RFC 6069 4 (Linux: tcp_ld_RTO_revert): a router has answered the repetition of the first segment.
// The next one is due when it would have been with a doubling less.
void Connection::Impl::revert_backoff(Sequence sequence, TimePoint now) {
  if (!outstanding() || sequence != una || recovery->timeouts() == 0 || backoff == 0) return;
  --backoff;
  rto = rtt.timeout();
  for (int i = 0; i < backoff; ++i) rto = backed_off(rto, options.rto_max);
  const auto left = until_timeout(now);
  if (left > Duration{}) return arm(Timer::retransmission, left, now);
  on_retransmission_timeout(now);
}

// RFC 8985 7.3: new data if there is some, else the last segment again. One at a time.
void Connection::Impl::on_loss_probe_timeout(TimePoint now) {
  if (!outstanding()) return disarm();
  if (recovery->probe_outstanding()) return arm_retransmission(now);
  loss_probe_due = true;
}

// The peer's window is closed: ask (RFC 9293 3.8.6.1), with back-off. It may stay closed for ever
// as long as the peer answers.
void Connection::Impl::on_window_probe_timeout(TimePoint now) {
  timer = Timer::none;
  if (outstanding() || (unsent() == 0 && (!fin_queued || fin_sent))) return end_window_probes();
  const auto retries = orphan ? options.orphan_retries : options.retries2;
  if (probes_unanswered >= retries || out_of_time(probing_since, now)) {
    return fail(soft_error ? soft_error : Error(net::asio::error::timed_out));
  }
  if (!probing_since) probing_since = now;
  ++probes_unanswered;
  window_probe_due = true;
  if (probe_backoff < options.retries2) ++probe_backoff;
  arm_window_probe(now);
}

// After a probe, and anew after an answer that leaves the window closed (Linux: tcp_ack_probe).
void Connection::Impl::arm_window_probe(TimePoint now) {
  auto delay = rto;
  for (int i = 0; i < probe_backoff && delay < options.rto_max; ++i) delay *= 2;
  arm(Timer::window_probe, clamped(std::min(delay, options.rto_max), probing_since, now), now);
}

void Connection::Impl::end_window_probes() {
  probe_backoff = 0;
  probing_since.reset();
  if (timer == Timer::window_probe) disarm();
}

void Connection::Impl::on_keep_alive(TimePoint now) {
  const bool busy = outstanding() || unsent() > 0 || (fin_queued && !fin_sent);
  if (keep_alive.on_timer(busy, user_timeout, now) == KeepAlive::Peer::is_there) return;
  reset = Reset{nxt, true};
  fail(soft_error ? soft_error : Error(net::asio::error::timed_out));
}

void Connection::Impl::enter_time_wait(TimePoint now) {
  finish();
  state = State::time_wait;
  close_deadline = timer_expiry(now, options.time_wait);
}

// A peer that never ends its side would hold an abandoned connection for ever.
void Connection::Impl::await_orphan(TimePoint now) {
  close_deadline = timer_expiry(now, options.fin_timeout);
}

}  // namespace dispatch::sim::tcp
