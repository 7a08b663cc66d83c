// What goes out next.
#include "sim/tcp/connection_impl.hpp"

#include <algorithm>

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

std::optional<Segment> Connection::Impl::next_segment(TimePoint now) {
  if (reset) return make_reset();
  if (syn_due) return make_syn(now);
  if (can_send()) {
    if (auto segment = next_retransmission(now)) return segment;
    if (auto segment = next_new_data(now)) return segment;
    if (auto segment = next_probe(now)) return segment;
  }
  // An old sequence number, which the peer must answer.
  if (keep_alive.take_probe()) return make_segment(una - 1, now);
  if (acks.due() && state != State::closed && state != State::syn_sent) {
    return make_segment(nxt, now);
  }
  return std::nullopt;
}

std::optional<Segment> Connection::Impl::next_retransmission(TimePoint now) {
  const auto index = scoreboard.first_lost();
  if (index < 0) return std::nullopt;
  if (!retransmit_at_once && recovery->in_flight(scoreboard) >= congestion->window()) {
    return std::nullopt;
  }
  retransmit_at_once = false;
  const auto sent = scoreboard[index];
  scoreboard.on_retransmitted(index, now);
  ++retransmits;
  if (retransmit_deadline == net::kNever) arm(rto, now);
  return make_data(sent.begin, sent.length - (sent.fin ? 1 : 0), sent.fin, now);
}

std::optional<Segment> Connection::Impl::next_new_data(TimePoint now) {
  const auto waiting = unsent();
  const bool fin_waits = fin_queued && !fin_sent;
  const auto in_flight = recovery->in_flight(scoreboard);
  const bool held = in_flight >= congestion->window();
  const auto stop = [&](bool limited) {
    usage.on_sent(limited, scoreboard.outstanding(), una, nxt);
    return std::nullopt;
  };
  if ((waiting == 0 && !fin_waits) || held || scoreboard.lost() > 0) {
    return stop(held && waiting > 0);
  }
  if (scoreboard.empty() && now - last_sent > rto) {  // RFC 5681 4.1
    congestion->on_idle(static_cast<int>(std::min<std::int64_t>((now - last_sent) / rto, 64)));
  }
  const std::size_t room = at_or_before(nxt, una + send_window) ? una + send_window - nxt : 0;
  const auto count = std::min(waiting, segment_limit());
  bool fin = fin_waits && count == waiting;
  if (fin && count + 1 > room) fin = false;
  // A segment that the window would cut waits for the window (no silly windows), or for a probe.
  if (count > room || (count == 0 && !fin)) {
    if (scoreboard.empty() && retransmit_deadline == net::kNever) arm(rto, now);
    return stop(false);
  }
  const auto begin = nxt;
  nxt += static_cast<Sequence>(count) + (fin ? 1 : 0);
  fin_sent = fin;
  scoreboard.append(begin, nxt - begin, fin, now);
  // A timer that runs while nothing was outstanding has been the probe's.
  if (scoreboard.outstanding() == 1 || retransmit_deadline == net::kNever) arm(rto, now);
  return make_data(begin, count, fin, now);
}

// RFC 9293 3.8.6.1. Where the window has some room, the probe is what fits into it; else it is an
// old sequence number, which the peer must answer (Linux: tcp_write_wakeup).
std::optional<Segment> Connection::Impl::next_probe(TimePoint now) {
  if (!probe_due) return std::nullopt;
  probe_due = false;
  if (!scoreboard.empty()) return std::nullopt;
  const auto count = std::min({unsent(), segment_limit(), std::size_t{send_window}});
  if (count == 0) return make_segment(una - 1, now);
  const auto begin = nxt;
  nxt += static_cast<Sequence>(count);
  scoreboard.append(begin, nxt - begin, false, now);
  arm(rto, now);
  return make_data(begin, count, false, now);
}

Segment Connection::Impl::make_data(Sequence begin, std::size_t count, bool fin, TimePoint now) {
  Segment segment;
  segment.payload = send_buffer.payload(begin - una, count);
  segment.sequence = begin;
  segment.fin = fin;
  segment.psh = count > 0 && begin - una + count == send_buffer.size();
  fill_acknowledgment(segment, now);
  last_sent = now;
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
  segment.window = window.offer(rcv_nxt, received.size(), agreed.receive_scale);
  if (agreed.timestamps) segment.timestamps = Timestamps{timestamp(now), recent_timestamp};
  if (agreed.sack && !reassembly.empty()) {
    const auto used = segment.header_size() - kFixedHeader + kSackOverhead;
    const auto space = std::min<std::size_t>(
        kOptionSpace, std::min(options.mss, agreed.peer_mss) - segment.payload.size());
    if (space >= used + kSackBlock) {
      segment.sack_count = reassembly.blocks(segment.sack, (space - used) / kSackBlock);
    }
  }
  acks.on_sent(segment.payload.size() > 0, now);
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
