// The timers: SYN, retransmission and zero-window probe share one, as they exclude each other.
#include "sim/tcp/connection_impl.hpp"
#include "sim/tcp/retry_limits.hpp"
#include "sim/tcp/timer_wheel.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

TimePoint Connection::Impl::deadline() const {
  return std::min({retransmit_deadline, acks.deadline(), close_deadline, keep_alive.deadline()});
}

void Connection::Impl::arm(Duration delay, TimePoint now) {
  retransmit_deadline = timer_expiry(now, delay);
}

void Connection::Impl::on_timer(TimePoint now) {
  if (close_deadline <= now) return finish();
  if (acks.deadline() <= now) acks.on_timer();
  if (keep_alive.deadline() <= now) on_keep_alive(now);
  if (retransmit_deadline > now) return;
  retransmit_deadline = net::kNever;
  if (state == State::syn_sent || state == State::syn_received) {
    on_syn_timeout(now);
  } else if (!scoreboard.empty()) {
    on_retransmission_timeout(now);
  } else {
    on_probe_timeout(now);
  }
}

// RFC 6298 5.4 to 5.6, and RFC 1122 4.2.3.5 for the end of patience.
void Connection::Impl::on_retransmission_timeout(TimePoint now) {
  const auto retries = orphan ? options.orphan_retries : options.retries2;
  if (stalled_since &&
      now - *stalled_since >= patience(retries, options.rto_min, options.rto_max)) {
    return fail(soft_error ? soft_error : Error(net::asio::error::timed_out));
  }
  if (!stalled_since) stalled_since = now;
  congestion->on_timeout(recovery->phase() != RecoveryPhase::loss);
  recovery->on_timeout(nxt, scoreboard);
  retransmit_at_once = true;
  rto = backed_off(rto, options.rto_max);
  arm(rto, now);
}

// The peer's window is closed: ask (RFC 9293 3.8.6.1), with back-off. It may stay closed for ever
// as long as the peer answers.
void Connection::Impl::on_probe_timeout(TimePoint now) {
  if (unsent() == 0 && (!fin_queued || fin_sent)) return;
  const auto retries = orphan ? options.orphan_retries : options.retries2;
  if (probes_unanswered >= retries) {
    return fail(soft_error ? soft_error : Error(net::asio::error::timed_out));
  }
  ++probes_unanswered;
  probe_due = true;
  auto delay = rto;
  if (probe_backoff < options.retries2) ++probe_backoff;
  for (int i = 0; i < probe_backoff && delay < options.rto_max; ++i) delay *= 2;
  arm(std::min(delay, options.rto_max), now);
}

void Connection::Impl::on_keep_alive(TimePoint now) {
  const bool busy = !scoreboard.empty() || unsent() > 0 || (fin_queued && !fin_sent);
  if (keep_alive.on_timer(busy, now) == KeepAlive::Peer::is_there) return;
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
