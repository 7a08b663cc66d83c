// Our data, as the peer acknowledges it.
#include "sim/tcp/connection_impl.hpp"
#include "sim/tcp/send_limit.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

// Whether the rest of the segment is to be looked at.
bool Connection::Impl::acknowledge(const Segment& segment, TimePoint now) {
  const auto ack = segment.acknowledgment;
  if (state == State::syn_received) {
    if (ack != nxt) {
      reset = Reset{ack, false};
      return false;
    }
    on_handshake_done(segment, now);
    window_sequence = segment.sequence - 1;  // so that the window is taken, now scaled
  }
  // RFC 5961 5.2: neither more than we sent, nor older than any segment that can still be around.
  if (after(ack, nxt) || before(ack, una - send_window_max)) {
    challenge(segment, now);
    return false;
  }
  if (before(ack, una)) return true;

  probes_unanswered = 0;
  keep_alive.on_heard(now);
  const auto old_window = send_window;
  const bool advanced = after(ack, una);
  const bool waiting = !scoreboard.empty();
  update_window(segment);

  AckEvent event;
  if (advanced) {
    const auto bytes = std::min<std::size_t>(ack - una, send_buffer.size());
    send_buffer.drop(bytes);
    bytes_acked += bytes;
    una = ack;
    const auto acked = scoreboard.acknowledge(una);
    event.acked = acked.segments;
    measure(acked, segment, now);
    stalled_since.reset();
    retransmit_deadline = net::kNever;
    if (!scoreboard.empty()) arm(rto, now);
  }
  if (waiting) {
    event.una = una;
    event.nxt = nxt;
    event.duplicate =
        !advanced && segment.payload.size() == 0 && !segment.fin && send_window == old_window;
    event.sack = {segment.sack.data(), segment.sack_count};
    const auto verdict = recovery->on_ack(event, scoreboard);
    if (verdict.loss) congestion->on_loss();
    if (verdict.recovered) congestion->on_recovered();
    if (verdict.retransmit) retransmit_at_once = true;
    if (event.acked > 0 && !verdict.recovered && recovery->phase() != RecoveryPhase::recovery) {
      AckSample sample;
      sample.acked = event.acked;
      sample.window_used = usage.used(congestion->window(), congestion->in_slow_start());
      sample.rtt = rtt.smoothed();
      sample.now = now;
      congestion->on_ack(sample);
    }
    send_limit = grown_send_limit(send_limit, congestion->window(), options.send_buffer);
  }
  if (scoreboard.empty() && send_window > 0 && std::min(unsent(), segment_limit()) <= send_window) {
    probe_backoff = 0;
    retransmit_deadline = net::kNever;
  }
  if (advanced && fin_sent && una == nxt) on_fin_acknowledged(now);
  return state != State::closed;
}

// RFC 9293 3.10.7.4: only from segments newer than the one that the window is from.
void Connection::Impl::update_window(const Segment& segment) {
  const auto offered = std::uint32_t{segment.window} << agreed.send_scale;
  if (after(segment.acknowledgment, una) || after(segment.sequence, window_sequence) ||
      (segment.sequence == window_sequence && offered > send_window)) {
    window_sequence = segment.sequence;
    send_window = offered;
    send_window_max = std::max(send_window_max, offered);
  }
}

// Segments that were sent more than once are measured by the timestamps only (RFC 6298 3, RFC 7323
// 4); a measurement ends the back-off.
void Connection::Impl::measure(const Acknowledged& acked, const Segment& segment, TimePoint now) {
  if (acked.first_sent && !acked.retransmitted) {
    rtt.on_sample(now - *acked.first_sent, una, nxt);
  } else if (acked.newly_arrived > 0 && agreed.timestamps && segment.timestamps &&
             segment.timestamps->echo != 0) {
    const auto elapsed = timestamp(now) - segment.timestamps->echo;
    rtt.on_sample(std::chrono::milliseconds(std::max<std::uint32_t>(elapsed, 1)), una, nxt);
  } else {
    return;
  }
  rto = rtt.timeout();
}

void Connection::Impl::on_fin_acknowledged(TimePoint now) {
  switch (state) {
    case State::fin_wait_1:
      state = State::fin_wait_2;
      if (orphan) await_orphan(now);
      break;
    case State::closing:
      enter_time_wait(now);
      break;
    case State::last_ack:
      finish();
      break;
    default:
      break;
  }
}

}  // namespace dispatch::sim::tcp
