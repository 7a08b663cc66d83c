// The three-way handshake, active, passive and simultaneous (RFC 9293 3.5).
#include "sim/tcp/connection_impl.hpp"
#include "sim/tcp/retry_limits.hpp"
#include "sim/tcp/timer_wheel.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace dispatch::sim::tcp {

namespace {

// A lost SYN is bad luck, a second one is congestion: start from one segment (RFC 6298 5.7; Linux
// forgives the first, tcp_init_transfer).
constexpr int kForgivenSynTimeouts = 1;

// What a cookie has room for (Linux: msstab), and how long it is good: MAX_SYNCOOKIE_AGE.
constexpr std::array<std::uint16_t, 4> kCookieMss{1460, 1440, 1300, 536};
constexpr Duration kCookieLife = std::chrono::minutes(2);

}  // namespace

void Connection::Impl::connect(TimePoint now) {
  state = State::syn_sent;
  stalled_since = now;
  nxt = initial + 1;
  syn_due = true;
  arm(Timer::handshake, rto, now);
}

void Connection::Impl::accept(const Segment& syn, TimePoint now) {
  passive = true;
  take_syn(syn, now);
  ecn.on_syn(options, syn, arrived_mark);
  state = State::syn_received;
  nxt = initial + 1;
  syn_due = true;
  arm(Timer::handshake, rto, now);
}

void Connection::Impl::take_syn(const Segment& syn, TimePoint now) {
  agreed = agree(options, syn);
  scaling = options.window_scaling && syn.window_scale.has_value();
  payload_limit = segment_payload(options, agreed);
  window.set_mss(payload_limit);
  rcv_nxt = rcv_acked = syn.sequence + 1;
  window.begin(rcv_nxt);
  send_window = send_window_max = syn.window;  // never scaled (RFC 7323 2.2)
  window_sequence = syn.sequence;
  if (!agreed.timestamps) return;
  recent_timestamp = syn.timestamps->value;
  recent_timestamp_at = now;
}

void Connection::Impl::remember_by_cookie(TimePoint now) {
  const auto fits = [&](std::uint16_t mss) { return mss <= agreed.peer_mss; };
  const auto found = std::find_if(kCookieMss.begin(), kCookieMss.end(), fits);
  agreed.peer_mss = found == kCookieMss.end() ? kCookieMss.back() : *found;
  if (!agreed.timestamps) {
    agreed.sack = scaling = false;
    agreed.send_scale = agreed.receive_scale = 0;
  }
  payload_limit = segment_payload(options, agreed);
  window.set_mss(payload_limit);
  disarm();
  close_deadline = timer_expiry(now, kCookieLife);
}

void Connection::Impl::receive_in_syn_sent(const Segment& segment, TimePoint now) {
  if (segment.ack && segment.acknowledgment != nxt) {
    if (!segment.rst) reset = Reset{segment.acknowledgment, false};
    return;
  }
  if (segment.rst) {
    if (segment.ack) fail(net::asio::error::connection_refused);
    return;
  }
  if (!segment.syn) return;
  take_syn(segment, now);
  if (segment.ack) {
    ecn.on_syn_ack(options, segment);
    on_handshake_done(segment, now);
    acks.request_now();
  } else {  // simultaneous open
    ecn.on_syn(options, segment, arrived_mark);
    state = State::syn_received;
    syn_due = true;
  }
}

// Our SYN has been acknowledged.
void Connection::Impl::on_handshake_done(const Segment& segment, TimePoint now) {
  una = segment.acknowledgment;
  state = fin_queued ? State::fin_wait_1 : State::established;
  was_established = true;
  stalled_since.reset();
  syn_due = false;
  disarm();
  close_deadline = net::kNever;
  recovery = std::make_unique<Recovery>(
      make_congestion_control(options.congestion, initial), rtt, agreed.sack,
      syn_timeouts > kForgivenSynTimeouts ? 1 : options.initial_window);
  std::optional<Duration> seen;
  if (syn_timeouts == 0) {
    seen = now - syn_sent_at;
  } else if (agreed.timestamps && segment.timestamps && segment.timestamps->echo != 0) {
    seen = std::chrono::milliseconds(
        std::max<std::uint32_t>(timestamp(now) - segment.timestamps->echo, 1));
  }
  if (seen) {
    rtt.on_sample(*seen, una, nxt);
    rtt.on_minimum(*seen, now);
  }
  window.on_established();
  autotuning.begin(window, payload_limit, now);
  rto = rtt.timeout();
  backoff = 0;
  last_sent = last_ack = now;
}

Segment Connection::Impl::make_syn(TimePoint now) {
  syn_due = false;
  syn_sent_at = now;
  Segment segment;
  segment.source_port = local_port;
  segment.destination_port = remote_port;
  segment.sequence = initial;
  segment.syn = true;
  if (state == State::syn_received) {
    segment.ack = true;
    segment.acknowledgment = rcv_acked = rcv_nxt;
    answer_options(options, agreed, scaling, segment);
    ecn.answer(segment);
    if (agreed.timestamps) segment.timestamps = Timestamps{timestamp(now), recent_timestamp};
    acks.on_sent(false, now);
  } else {
    offer_options(options, segment);
    Ecn::ask(options, syn_timeouts > 0, segment);
    if (options.timestamps) segment.timestamps = Timestamps{timestamp(now), 0};
  }
  segment.window = window.offer_unscaled(rcv_nxt);
  return segment;
}

// Linux: the first `syn_linear_timeouts` repetitions of a SYN do not back off, and do not count as
// retries; those of a SYN-ACK always back off.
void Connection::Impl::on_syn_timeout(TimePoint now) {
  const auto linear = passive ? 0 : options.syn_linear_timeouts;
  const auto retries = passive ? options.synack_retries : options.syn_retries;
  if (syn_timeouts >= linear + retries || (syn_timeouts > 0 && out_of_time(stalled_since, now))) {
    fail(soft_error ? soft_error : Error(net::asio::error::timed_out));
    return;
  }
  ++syn_timeouts;
  if (syn_timeouts > linear) rto = backed_off(rto, options.rto_max);
  syn_due = true;
  ++syn_retransmits;
  arm(Timer::handshake, clamped(rto, stalled_since, now), now);
}

}  // namespace dispatch::sim::tcp
