// A segment arrives (RFC 9293 3.10.7, with the checks of RFC 5961).
#include "sim/tcp/connection_impl.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

namespace {

// Answers to segments that should not have come are this far apart at least, or two confused ends
// could answer each other for ever (Linux: tcp_invalid_ratelimit).
constexpr Duration kChallengeInterval = std::chrono::milliseconds(500);

constexpr Duration kTimestampsValid = std::chrono::hours(24 * 24);  // TCP_PAWS_24DAYS

}  // namespace

void Connection::Impl::receive(const Segment& segment, TimePoint now) {
  if (state == State::closed) return;
  if (state == State::syn_sent) return receive_in_syn_sent(segment, now);
  if (state == State::time_wait) return receive_in_time_wait(segment, now);

  if (state == State::syn_received && segment.syn && !segment.rst &&
      segment.sequence == rcv_nxt - 1) {
    if (!segment.ack) {  // the peer repeats its SYN: it has not had our SYN-ACK
      syn_due = true;
      return;
    }
    auto rest = segment;  // the SYN-ACK of a simultaneous open
    rest.syn = false;
    ++rest.sequence;
    rest.window = static_cast<std::uint16_t>(segment.window >> agreed.send_scale);  // not scaled
    acks.request_now();
    return receive(rest, now);
  }
  if (!segment.rst && is_from_the_past(segment, now)) return challenge(segment, now);
  if (!in_window(segment)) {
    if (!segment.rst) challenge(segment, now);
    return;
  }
  if (segment.rst) return on_reset(segment, now);
  if (segment.syn) return challenge(segment, now);  // RFC 5961 4.2
  if (!segment.ack) return;
  if (agreed.timestamps && segment.timestamps && at_or_before(segment.sequence, rcv_acked) &&
      at_or_after(segment.timestamps->value, recent_timestamp)) {
    recent_timestamp = segment.timestamps->value;
    recent_timestamp_at = now;
  }
  if (!acknowledge(segment, now)) return;
  receive_data(segment, now);
}

// Linux's tcp_sequence: nothing that ends before what we have acknowledged, or begins beyond the
// window.
bool Connection::Impl::in_window(const Segment& segment) const {
  return at_or_after(segment.sequence + segment.sequence_length(), rcv_acked) &&
         at_or_before(segment.sequence, later(window.right_edge(), rcv_nxt));
}

// RFC 7323 5 (PAWS): a timestamp that is older than what has been seen, unless that is so long ago
// that the clock may have wrapped around. An acknowledgment that says nothing new may have been
// overtaken (Linux: tcp_disordered_ack).
bool Connection::Impl::is_from_the_past(const Segment& segment, TimePoint now) const {
  if (!agreed.timestamps || !segment.timestamps) return false;
  const auto age = static_cast<std::int32_t>(recent_timestamp - segment.timestamps->value);
  if (age <= 0 || now - recent_timestamp_at >= kTimestampsValid) return false;
  const bool says_nothing = segment.ack && segment.sequence == rcv_nxt &&
                            segment.sequence_length() == 0 && segment.acknowledgment == una &&
                            std::uint32_t{segment.window} << agreed.send_scale == send_window;
  return !(says_nothing && std::chrono::milliseconds(age) <= rto);
}

// Says where we are (RFC 5961: a challenge ACK). Data is always answered: its sender repeats it.
void Connection::Impl::challenge(const Segment& segment, TimePoint now) {
  if (segment.payload.size() == 0 || segment.syn) {
    if (last_challenge && now - *last_challenge < kChallengeInterval) return;
    last_challenge = now;
  }
  if (segment.payload.size() > 0 && before(segment.sequence, rcv_nxt)) {
    const auto end = segment.sequence + static_cast<Sequence>(segment.payload.size());
    duplicate = SackBlock{segment.sequence, earlier(end, rcv_nxt)};
  }
  acks.on_useless(window.last_offer());
}

void Connection::Impl::on_reset(const Segment& segment, TimePoint now) {
  // RFC 5961 3.2; a peer that has lost its state may also mean the highest byte that it has SACKed.
  const bool exact = segment.sequence == rcv_nxt ||
                     (agreed.sack && !reassembly.empty() && segment.sequence == reassembly.end());
  if (!exact) return challenge(segment, now);
  fail(state == State::close_wait ? Error(net::asio::error::broken_pipe)
                                  : Error(net::asio::error::connection_reset));
}

// What the peer repeats is acknowledged again, and the wait begins anew. A RST ends it, which
// RFC 1337 warns of and Linux does (tcp_rfc1337=0; tcp_timewait_state_process).
void Connection::Impl::receive_in_time_wait(const Segment& segment, TimePoint now) {
  const bool past = is_from_the_past(segment, now);
  if (!past && segment.sequence == rcv_nxt && (segment.rst || segment.sequence_length() == 0)) {
    return segment.rst ? finish() : enter_time_wait(now);
  }
  if (segment.rst) return;
  if (past || segment.ack) enter_time_wait(now);
  challenge(segment, now);
  if (segment.fin) acks.request_now();
}

// Linux's tcp_timewait_state_process: it must be told apart from an old segment, by its sequence
// number or by its time.
bool Connection::Impl::yields_to(const Segment& syn, TimePoint now) const {
  if (state != State::time_wait || !syn.syn || syn.ack || syn.rst) return false;
  if (is_from_the_past(syn, now)) return false;
  return after(syn.sequence, rcv_nxt) ||
         (agreed.timestamps && syn.timestamps &&
          static_cast<std::int32_t>(recent_timestamp - syn.timestamps->value) < 0);
}

void Connection::Impl::receive_data(const Segment& segment, TimePoint now) {
  const auto size = segment.payload.size();
  if (size == 0 && !segment.fin) return;
  if (state != State::established && state != State::fin_wait_1 && state != State::fin_wait_2) {
    return;  // the peer has ended its side before
  }
  const auto begin = segment.sequence;
  const auto end = begin + static_cast<Sequence>(size);
  if (orphan && after(end, rcv_nxt)) {  // nobody will read it (RFC 1122 4.2.2.13)
    reset = Reset{segment.acknowledgment, false};
    return fail(net::asio::error::connection_reset);
  }
  if (at_or_before(segment.sequence + segment.sequence_length(), rcv_nxt)) {  // nothing new
    if (size > 0) duplicate = SackBlock{begin, end};
    return acks.on_useless(window.last_offer());
  }

  // What lies beyond the window is dropped.
  const auto edge = later(window.right_edge(), rcv_nxt);
  const auto kept_end = earlier(end, edge);
  if (segment.fin && kept_end == end) fin_at = end;
  if (kept_end != end && at_or_before(kept_end, rcv_nxt)) {
    return acks.on_useless(window.last_offer());
  }
  note_congestion(segment);
  note_timing(segment, now);
  if (at_or_before(begin, rcv_nxt)) {
    receive_in_order(segment, kept_end, now);
  } else {
    receive_ahead(segment, kept_end);
  }
  if (fin_at && *fin_at == rcv_nxt) on_fin(now);
  acks.schedule(
      {rcv_nxt, rcv_nxt - rcv_acked,
       window.may_open(rcv_nxt, received.size(), agreed.receive_scale), !reassembly.empty(),
       agreed.sack, reassembly.is_scattered(), rtt.smoothed(), autotuning.rtt()},
      now);
}

// Linux: tcp_ecn_check_ce, tcp_ecn_accept_cwr. A sender that has just reduced its window waits for
// every acknowledgment.
void Connection::Impl::note_congestion(const Segment& segment) {
  switch (ecn.on_data(segment, arrived_mark)) {
    case Ecn::News::congestion:
      return acks.on_congestion(window.last_offer());
    case Ecn::News::understood:
      return acks.request_now();
    case Ecn::News::none:
      return;
  }
}

// The round trip as a receiver sees it: how old the timestamp is that a full segment echoes.
void Connection::Impl::note_timing(const Segment& segment, TimePoint now) {
  if (!agreed.timestamps || !segment.timestamps) {
    autotuning.on_data(rcv_nxt, window.last_offer(), now);
  } else if (segment.payload.size() >= acks.segment() && segment.timestamps->echo != 0) {
    const auto age = static_cast<std::int32_t>(timestamp(now) - segment.timestamps->echo);
    autotuning.on_echo(segment.timestamps->echo, std::chrono::milliseconds(std::max(age, 0)),
                       received.empty());
  }
}

void Connection::Impl::receive_in_order(const Segment& segment, Sequence kept_end, TimePoint now) {
  const bool had_holes = !reassembly.empty();
  const auto before_arrival = rcv_nxt;
  if (before(segment.sequence, rcv_nxt)) duplicate = SackBlock{segment.sequence, rcv_nxt};
  deliver(segment.payload, rcv_nxt - segment.sequence, kept_end - rcv_nxt);
  const auto in_order = rcv_nxt - before_arrival;
  if (in_order > 0) {
    if (window.scarce(received.size())) acks.on_scarce_window();
    acks.on_data(in_order, segment.psh, window.last_offer(), rto, now);
    if (window.on_segment(in_order, received.size() + reassembly.bytes())) acks.on_window_grown();
  }
  if (had_holes) {
    reassembly.take(rcv_nxt, received);
    if (reassembly.empty()) acks.on_hole_filled();  // RFC 5681 4.2
  }
  bytes_received += rcv_nxt - before_arrival;
}

void Connection::Impl::receive_ahead(const Segment& segment, Sequence kept_end) {
  const auto begin = segment.sequence;
  const auto end = begin + static_cast<Sequence>(segment.payload.size());
  Payload kept = segment.payload;
  for (auto excess = end - kept_end; excess > 0;) {
    auto& last = kept.slices[kept.slices[1].empty() ? 0 : 1];
    const auto cut = std::min<std::size_t>(excess, last.size());
    last = last.part(0, last.size() - cut);
    excess -= static_cast<Sequence>(cut);
  }
  const auto bytes = reassembly.bytes();
  reassembly.insert(begin, kept);
  if (reassembly.bytes() == bytes) duplicate = SackBlock{begin, kept_end};
  if (agreed.sack && window.on_segment(kept_end - begin, received.size() + reassembly.bytes())) {
    acks.on_window_grown();
  }
  autotuning.on_out_of_order(beyond_holes(), window);
}

// Puts payload bytes [from, from + count) into the queue.
void Connection::Impl::deliver(const Payload& payload, std::size_t from, std::size_t count) {
  rcv_nxt += static_cast<Sequence>(count);
  for (const auto& slice : payload.slices) {
    if (from >= slice.size()) {
      from -= slice.size();
      continue;
    }
    const auto taken = std::min(count, slice.size() - from);
    received.push(slice.part(from, taken));
    count -= taken;
    from = 0;
  }
}

void Connection::Impl::on_fin(TimePoint now) {
  ++rcv_nxt;
  fin_received = true;
  reassembly.clear();
  switch (state) {
    case State::established:
      state = State::close_wait;
      acks.on_fin();
      break;
    case State::fin_wait_1:  // ours is not acknowledged yet: simultaneous close
      state = State::closing;
      acks.request_now();
      break;
    case State::fin_wait_2:
      enter_time_wait(now);
      acks.request_now();
      break;
    default:
      break;
  }
}

}  // namespace dispatch::sim::tcp
