// Our data, as the peer acknowledges it.
#include "sim/tcp/connection_impl.hpp"

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
  const bool old = before(ack, una);
  if (old && segment.sack_count == 0) return true;

  probes_unanswered = 0;
  keep_alive.on_heard(now);
  last_ack = now;
  const bool advanced = after(ack, una);
  const bool window_moved =
      (!old && update_window(segment)) || segment.payload.size() > 0 || segment.fin;
  if (advanced) {
    const auto bytes = std::min<std::size_t>(ack - una, send_buffer.size());
    send_buffer.drop(bytes);
    bytes_acked += bytes;
    una = ack;
    stalled_since.reset();
  }
  acknowledge_outstanding(segment, window_moved, now);
  if (!outstanding()) {
    if (send_window > 0 && std::min(unsent(), segment_limit()) <= send_window) {
      end_window_probes();
    } else if (timer == Timer::window_probe) {
      arm_window_probe(now);
    }
  }
  if (advanced && fin_sent && una == nxt) on_fin_acknowledged(now);
  return state != State::closed;
}

void Connection::Impl::acknowledge_outstanding(const Segment& segment, bool window_moved,
                                               TimePoint now) {
  AckEvent event;
  event.now = now;
  event.una = una;
  event.nxt = nxt;
  event.sack = {segment.sack.data(), agreed.sack ? segment.sack_count : std::size_t{0}};
  if (agreed.timestamps && segment.timestamps && segment.timestamps->echo != 0) {
    event.echo = segment.timestamps->echo;
  }
  event.clock = timestamp(now);
  event.window_moved = window_moved;
  event.congestion = ecn.is_echo(segment);
  event.can_send_new = unsent() > 0 && window_room() > 0;
  event.segment_bytes = payload_limit;
  event.window_max = send_window_max;
  event.departure = pacer.next();
  const auto samples = rtt.samples();
  const auto request = recovery->on_ack(event);
  if (rtt.samples() != samples) {  // a measurement ends the back-off
    rto = rtt.timeout();
    backoff = 0;
  }
  if (!outstanding()) {
    if (timer != Timer::window_probe) disarm();
  } else {
    set_timer(request, now);
  }
}

// RFC 9293 3.10.7.4: only from segments newer than the one that the window is from.
bool Connection::Impl::update_window(const Segment& segment) {
  const auto offered = std::uint32_t{segment.window} << agreed.send_scale;
  if (!after(segment.acknowledgment, una) && !after(segment.sequence, window_sequence) &&
      (segment.sequence != window_sequence || (offered <= send_window && offered != 0))) {
    return false;
  }
  window_sequence = segment.sequence;
  send_window = offered;
  send_window_max = std::max(send_window_max, offered);
  return true;
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
