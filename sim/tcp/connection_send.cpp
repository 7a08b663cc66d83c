// What goes out next.
#include "sim/tcp/connection_impl.hpp"
#include "sim/tcp/send_limit.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dispatch::sim::tcp {

namespace {

constexpr std::size_t kOptionSpace = 40;
constexpr std::size_t kFixedHeader = 20;
constexpr std::size_t kSackOverhead = 4;
constexpr std::size_t kSackBlock = 8;
constexpr std::uint32_t kDefaultMss = 536;  // RFC 9293 3.7.1

}  // namespace

bool Connection::Impl::can_send() const {
  switch (state) {
    case State::established:
    case State::close_wait:
    case State::fin_wait_1:
    case State::closing:
    case State::last_ack:
      return true;
    default:
      return false;
  }
}

std::size_t Connection::Impl::unsent() const {
  if (fin_sent || !was_established) return fin_sent ? 0 : send_buffer.size();
  return send_buffer.size() - (nxt - una);
}

// Half of the largest window that the peer has offered, where that is small (RFC 9293 3.8.6.2.1;
// Linux: tcp_bound_to_half_wnd).
std::size_t Connection::Impl::segment_limit() const {
  const auto bound = send_window_max > kDefaultMss ? send_window_max / 2 : send_window_max;
  return std::min<std::size_t>(payload_limit, std::max<std::uint32_t>(bound, 1));
}

std::size_t Connection::Impl::window_room() const {
  return at_or_before(nxt, una + send_window) ? una + send_window - nxt : 0;
}

std::optional<Segment> Connection::Impl::next_segment(TimePoint now) {
  if (reset) return make_reset();
  if (syn_due) return make_syn(now);
  if (can_send() && recovery) {
    if (loss_probe_due) {
      if (auto segment = next_loss_probe(now)) return segment;
    }
    if (auto segment = next_retransmission(now)) return segment;
    if (auto segment = next_new_data(now)) return segment;
    // Where F-RTO had no new data to ask the network with, the repair goes on.
    if (auto segment = next_retransmission(now)) return segment;
    if (auto segment = next_window_probe(now)) return segment;
    check_writer();
  }
  // An old sequence number, which the peer must answer.
  if (keep_alive.take_probe()) return make_segment(una - 1, now);
  if (acks.due() && state != State::closed && state != State::syn_sent) {
    return make_segment(nxt, now);
  }
  return std::nullopt;
}

std::optional<Segment> Connection::Impl::next_retransmission(TimePoint now) {
  const auto index = recovery->next_repetition();
  if (!index || pacer.holds(now)) return std::nullopt;
  pacer.begin_burst(now);
  const auto sent = recovery->on_repetition(*index, now, timestamp(now));
  if (*index == 0 && timer != Timer::reordering) {
    arm(Timer::retransmission, clamped(rto, stalled_since, now), now);
  }
  return make_data(sent.begin, sent.length - (sent.fin ? 1 : 0), sent.fin, now);
}

// The last segment of what was written, where it is not full, waits while another one like it is
// not acknowledged (RFC 896; Minshall's rule: full ones do not matter. Linux: tcp_nagle_test).
bool Connection::Impl::held_by_nagle(std::size_t count) const {
  if (no_delay || push_all || count >= segment_limit() || count < unsent()) return false;
  return outstanding() && after(short_end, una) && at_or_before(short_end, nxt);
}

std::size_t Connection::Impl::burst_segments() const {
  const auto rtt_floor = rtt.measured() ? rtt.minimum() : Duration::max();
  return segments_per_buffer(recovery->pacing_rate(payload_limit), rtt_floor, payload_limit,
                             recovery->control().least_burst());
}

// Full segments leave in bursts, which cost a sender less: where the window lets only a part of one
// go, and the next acknowledgment is near, it waits for that (Linux: tcp_tso_should_defer).
bool Connection::Impl::waits_for_more_room(TimePoint now) {
  constexpr Duration kRecent = std::chrono::milliseconds(1);
  constexpr int kDivisor = 3;  // tcp_tso_win_divisor
  if (burst_left > 0) {
    --burst_left;
    return false;
  }
  const auto burst = burst_segments();
  const auto open = recovery->window().segments - recovery->in_flight();
  const auto allowed = std::min(window_room() / payload_limit, static_cast<std::size_t>(open));
  const auto begin = [&] {
    const auto half = std::max(recovery->window().segments / 2, 1);
    pacer.begin_burst(now);
    burst_left =
        std::min({burst, std::max<std::size_t>(allowed, 1), static_cast<std::size_t>(half)});
    --burst_left;
    return false;
  };
  if (unsent() <= payload_limit || recovery->phase() == RecoveryPhase::recovery ||
      recovery->phase() == RecoveryPhase::loss || now - last_sent > kRecent || fin_queued) {
    return begin();
  }
  const auto chunk = std::min(send_window / payload_limit,
                              static_cast<std::uint32_t>(recovery->window().segments)) /
                     kDivisor;
  if (allowed >= burst || allowed >= chunk || !outstanding()) return begin();
  if (now - recovery->board()[0].sent < rtt.smoothed() / 2) return begin();
  return true;
}

void Connection::Impl::on_stopped(bool limited, TimePoint now) {
  push_all = false;
  burst_left = 0;
  recovery->on_stopped(limited, blocked_writer, una, nxt, rto, now);
  if (std::exchange(sent_new, false)) arm_loss_probe(false, now);
}

std::optional<Segment> Connection::Impl::next_new_data(TimePoint now) {
  const auto waiting = unsent();
  const bool fin_waits = fin_queued && !fin_sent;
  const auto stop = [&](bool limited) {
    on_stopped(limited, now);
    return std::nullopt;
  };
  if (burst_left == 0 && pacer.holds(now)) {
    return stop(recovery->in_flight() >= recovery->window().segments);
  }
  if (!recovery->may_send_new()) return stop(recovery->in_flight() >= recovery->window().segments);
  if (waiting == 0 && !fin_waits) return stop(false);
  const auto room = window_room();
  const auto count = std::min(waiting, segment_limit());
  bool fin = fin_waits && count == waiting;
  if (fin && count + 1 > room) fin = false;
  // A segment that the window would cut waits for the window (no silly windows), or for a probe.
  if (count > room || (count == 0 && !fin)) {
    if (!outstanding() && timer != Timer::window_probe) arm(Timer::window_probe, rto, now);
    return stop(false);
  }
  if (!fin_waits && held_by_nagle(count)) return stop(false);
  if (waits_for_more_room(now)) return stop(true);
  return send_new(count, fin, now);
}

Segment Connection::Impl::send_new(std::size_t count, bool fin, TimePoint now) {
  const bool first = !outstanding();
  if (recovery->in_flight() == 0) {
    recovery->on_restart(now - last_sent, rto, options.initial_window, now);
  }
  const auto begin = nxt;
  nxt += static_cast<Sequence>(count) + (fin ? 1 : 0);
  fin_sent = fin;
  if (count < segment_limit()) short_end = nxt;
  recovery->on_new(begin, nxt - begin, fin, now);
  if (first || timer == Timer::loss_probe || timer == Timer::none) {
    if (first) timer = Timer::none;  // the full time from now on
    arm_retransmission(now);
  }
  sent_new = true;
  auto segment = make_data(begin, count, fin, now);
  if (recovery->take_window_reduced()) ecn.on_reduced();
  if (count > 0) ecn.on_new_data(segment);
  return segment;
}

std::optional<Segment> Connection::Impl::next_loss_probe(TimePoint now) {
  loss_probe_due = false;
  if (!outstanding()) return std::nullopt;
  const auto count = std::min(unsent(), segment_limit());
  std::optional<Segment> segment;
  const bool fresh = count > 0 && count <= window_room();
  if (fresh) {
    const bool fin = fin_queued && !fin_sent && count == unsent() && count < window_room();
    segment = send_new(count, fin, now);
    sent_new = false;
  } else {
    const auto sent = recovery->repeat_last(now);
    segment = make_data(sent.begin, sent.length - (sent.fin ? 1 : 0), sent.fin, now);
  }
  recovery->on_probe(nxt, !fresh);
  timer = Timer::none;
  arm_retransmission(now);
  return segment;
}

// RFC 9293 3.8.6.1. Where the window has some room, the probe is what fits into it; else it is an
// old sequence number, which the peer must answer (Linux: tcp_write_wakeup).
std::optional<Segment> Connection::Impl::next_window_probe(TimePoint now) {
  if (!window_probe_due) return std::nullopt;
  window_probe_due = false;
  if (outstanding()) return std::nullopt;
  const auto count = std::min({unsent(), segment_limit(), std::size_t{send_window}});
  if (count == 0) return make_segment(una - 1, now);
  return send_new(count, false, now);
}

// The buffer's limit follows the congestion window, but not while that is what holds the sender
// (Linux: tcp_check_space, tcp_should_expand_sndbuf).
void Connection::Impl::check_writer() {
  if (!blocked_writer) return;
  const auto segments = recovery->window().segments;
  if (recovery->in_flight() < segments) {
    send_limit = grown_send_limit(send_limit, segments, windows_buffered(), options.send_buffer);
  }
}

Segment Connection::Impl::make_data(Sequence begin, std::size_t count, bool fin, TimePoint now) {
  Segment segment;
  segment.payload = send_buffer.payload(begin - una, count);
  segment.sequence = begin;
  segment.fin = fin;
  segment.psh = count > 0 && begin - una + count == send_buffer.size();
  fill_acknowledgment(segment, now);
  last_sent = now;
  pacer.on_sent(count, recovery->control().pacing_rate());
  return segment;
}

Segment Connection::Impl::make_segment(Sequence sequence, TimePoint now) {
  Segment segment;
  segment.sequence = sequence;
  fill_acknowledgment(segment, now);
  return segment;
}

void Connection::Impl::fill_acknowledgment(Segment& segment, TimePoint now) {
  segment.source_port = local_port;
  segment.destination_port = remote_port;
  segment.ack = true;
  segment.acknowledgment = rcv_acked = rcv_nxt;
  segment.window =
      window.offer(rcv_nxt, received.size() + reassembly.bytes(), agreed.receive_scale);
  ecn.on_acknowledgment(segment);
  if (agreed.timestamps) segment.timestamps = Timestamps{timestamp(now), recent_timestamp};
  if (agreed.sack && (duplicate || !reassembly.empty())) fill_sack(segment);
  acks.on_sent(segment.payload.size() > 0, now);
}

// The report of a duplicate comes first (RFC 2883 4), once.
void Connection::Impl::fill_sack(Segment& segment) {
  const auto used = segment.header_size() - kFixedHeader + kSackOverhead;
  const auto space = std::min<std::size_t>(
      kOptionSpace,
      std::min({options.mss, options.path_mss, agreed.peer_mss}) - segment.payload.size());
  if (space < used + kSackBlock) return;
  const auto most = std::min((space - used) / kSackBlock, segment.sack.size());
  if (duplicate) {
    std::array<SackBlock, 4> rest;
    const auto count = reassembly.blocks(rest, most - 1);
    segment.sack[0] = *std::exchange(duplicate, std::nullopt);
    std::copy_n(rest.begin(), count, segment.sack.begin() + 1);
    segment.sack_count = static_cast<std::uint8_t>(count + 1);
  } else {
    segment.sack_count = reassembly.blocks(segment.sack, most);
  }
}

Segment Connection::Impl::make_reset() {
  Segment segment;
  segment.source_port = local_port;
  segment.destination_port = remote_port;
  segment.sequence = reset->sequence;
  segment.rst = true;
  if (reset->with_ack) {
    segment.ack = true;
    segment.acknowledgment = rcv_nxt;
  }
  reset.reset();
  return segment;
}

}  // namespace dispatch::sim::tcp
