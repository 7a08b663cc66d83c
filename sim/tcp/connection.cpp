#include "sim/tcp/connection.hpp"

#include "sim/tcp/connection_impl.hpp"
#include "sim/tcp/send_limit.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

Connection::Impl::Impl(const Options& settings, std::uint16_t local, std::uint16_t remote,
                       Sequence initial_sequence)
    : options(settings),
      local_port(local),
      remote_port(remote),
      initial(initial_sequence),
      una(initial_sequence),
      nxt(initial_sequence),
      send_limit(grown_send_limit(0, 0, windows_buffered(), settings.send_buffer)),
      rtt(settings.rto_min, settings.rto_max),
      rto(rtt.timeout()),
      window(settings.receive_buffer_initial, settings.receive_buffer, settings.mss) {}

std::size_t Connection::Impl::send_memory() const {
  const auto in_buffers = [](std::size_t count, std::size_t each) {
    return (count + each - 1) / each;
  };
  const std::size_t segment = payload_limit > 0 ? payload_limit : options.mss;
  auto buffers = in_buffers(unsent(), buffer_goal(segment, send_window_max));
  if (outstanding()) {
    const auto sent = static_cast<std::size_t>(recovery->board().outstanding());
    buffers += in_buffers(sent, burst_segments());
  }
  return send_buffer.size() + buffers * kBufferOverhead;
}

// What one call may write: what fills the last buffer up, else a new one, where memory allows.
std::size_t Connection::Impl::room() const {
  if (fin_queued || orphan || error || (state == State::closed)) return 0;
  const std::size_t segment = payload_limit > 0 ? payload_limit : options.mss;
  const auto goal = buffer_goal(segment, send_window_max);
  const auto tail = std::min(tail_buffer, unsent());
  if (tail > 0 && tail < goal) return goal - tail;
  return send_memory() < send_limit ? goal : 0;
}

std::size_t Connection::Impl::begin_write(std::size_t wanted) {
  const auto count = std::min(wanted, room());
  blocked_writer = push_all = wanted > 0 && count == 0;
  if (recovery && unsent() < payload_limit) recovery->on_short_of_data();
  if (count == 0) return 0;
  const std::size_t segment = payload_limit > 0 ? payload_limit : options.mss;
  const auto tail = std::min(tail_buffer, unsent());
  tail_buffer = tail < buffer_goal(segment, send_window_max) ? tail + count : count;
  return count;
}

void Connection::Impl::after_read(std::size_t bytes, TimePoint now) {
  autotuning.on_read(bytes, received.size(), beyond_holes(), window, now);
  acks.on_read(rcv_nxt - rcv_acked, received.empty());
  const bool receiving =
      state == State::established || state == State::fin_wait_1 || state == State::fin_wait_2;
  if (receiving && window.worth_telling(rcv_nxt, received.size(), agreed.receive_scale)) {
    acks.request_now();
  }
}

void Connection::Impl::shutdown_write() {
  if (fin_queued || state == State::closed) return;
  fin_queued = true;
  if (state == State::established) state = State::fin_wait_1;
  if (state == State::close_wait) state = State::last_ack;
}

// Linux's tcp_disconnect and tcp_need_reset: nothing is said to a peer that has not answered, or
// that has had our FIN and all before it.
void Connection::Impl::abort() {
  received.clear();
  switch (state) {
    case State::syn_received:
    case State::established:
    case State::fin_wait_1:
    case State::fin_wait_2:
    case State::close_wait:
      return reset_peer();
    case State::closing:
    case State::last_ack:
      if (unsent() > 0 || !fin_sent) return reset_peer();
      return finish();
    case State::closed:
    case State::syn_sent:
    case State::time_wait:
      return finish();
  }
}

void Connection::Impl::close(TimePoint now) {
  if (orphan) return;
  const bool unread = !received.empty();
  received.clear();
  if (state == State::closed) return;
  if (state == State::syn_sent) return finish();
  if (unread && state != State::time_wait) return reset_peer();
  shutdown_write();
  orphan = true;
  if (state == State::fin_wait_2) await_orphan(now);
}

void Connection::Impl::reset_peer() {
  reset = Reset{nxt, true};
  finish();
}

void Connection::Impl::fail(Error why) {
  error = why;
  finish();
}

void Connection::Impl::finish() {
  state = State::closed;
  send_buffer.clear();
  if (recovery) recovery->clear();
  reassembly.clear();
  acks.stop();
  pacer = {};
  keep_alive.stop();
  disarm();
  close_deadline = net::kNever;
  syn_due = loss_probe_due = window_probe_due = false;
}

// Milliseconds (RFC 7323 7.1).
std::uint32_t Connection::Impl::timestamp(TimePoint now) const {
  const auto elapsed = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  return static_cast<std::uint32_t>(elapsed.count()) +
         (options.timestamp_origin.value_or(initial) | 1);
}

Connection::Connection(const Options& options, std::uint16_t local_port, std::uint16_t remote_port,
                       std::uint32_t initial_sequence)
    : impl_(std::make_unique<Impl>(options, local_port, remote_port, initial_sequence)) {}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

void Connection::connect(TimePoint now) {
  impl_->connect(now);
}
void Connection::accept(const Segment& syn, TimePoint now, EcnMark mark) {
  impl_->arrived_mark = mark;
  impl_->accept(syn, now);
}
void Connection::accept_by_cookie(const Segment& syn, TimePoint now, EcnMark mark) {
  accept(syn, now, mark);
  impl_->remember_by_cookie(now);
}
void Connection::receive(const Segment& segment, TimePoint now, EcnMark mark) {
  impl_->arrived_mark = mark;
  impl_->receive(segment, now);
}
std::optional<Segment> Connection::next_segment(TimePoint now) {
  return impl_->next_segment(now);
}
TimePoint Connection::deadline() const {
  return impl_->deadline();
}
void Connection::on_timer(TimePoint now) {
  impl_->on_timer(now);
}

bool Connection::in_flight(std::uint32_t sequence) const {
  return at_or_after(sequence, impl_->una) && at_or_before(sequence, impl_->nxt);
}

void Connection::unreachable(net::Error error, std::uint32_t sequence, bool for_now,
                             TimePoint now) {
  if (impl_->state == State::closed || !in_flight(sequence)) return;
  if (impl_->state == State::syn_received && impl_->passive) {
    if (for_now) impl_->fail(error);  // Linux: tcp_req_err; nobody is told
  } else if (impl_->state == State::syn_sent || impl_->state == State::syn_received) {
    impl_->fail(error);
  } else {
    impl_->soft_error = error;
    if (for_now) impl_->revert_backoff(sequence, now);
  }
}

void Connection::set_path_mss(std::uint16_t mss) {
  if (mss >= impl_->options.path_mss) return;
  impl_->options.path_mss = mss;
  if (impl_->payload_limit == 0) return;  // the handshake will see
  impl_->payload_limit = segment_payload(impl_->options, impl_->agreed);
  if (impl_->recovery) impl_->recovery->on_smaller_segments(impl_->payload_limit, impl_->nxt);
}

std::size_t Connection::write(std::span<const std::byte> data, TimePoint) {
  const auto count = impl_->begin_write(data.size());
  impl_->send_buffer.append(data.first(count));
  return count;
}

std::size_t Connection::write(Slice data, TimePoint) {
  const auto count = impl_->begin_write(data.size());
  impl_->send_buffer.append(count == data.size() ? std::move(data) : data.part(0, count));
  return count;
}

std::size_t Connection::read(std::span<std::byte> buffer, TimePoint now) {
  const auto count = impl_->received.read(buffer);
  if (count > 0) impl_->after_read(count, now);
  return count;
}

std::size_t Connection::discard(std::size_t most, TimePoint now) {
  const auto count = impl_->received.discard(most);
  if (count > 0) impl_->after_read(count, now);
  return count;
}

Slice Connection::read_slice(std::size_t most, TimePoint now) {
  auto slice = impl_->received.read_slice(most);
  if (!slice.empty()) impl_->after_read(slice.size(), now);
  return slice;
}

void Connection::shutdown_write(TimePoint) {
  impl_->shutdown_write();
}
void Connection::abort(TimePoint) {
  impl_->abort();
}
void Connection::close(TimePoint now) {
  impl_->close(now);
}

void Connection::keep_alive(const net::KeepAlive& options, TimePoint now) {
  if (impl_->state != State::closed) impl_->keep_alive.start(options, now);
}

void Connection::no_delay(bool on) {
  impl_->no_delay = on;
}

void Connection::user_timeout(Duration most) {
  impl_->user_timeout = most;
}

bool Connection::yields_to(const Segment& syn, TimePoint now) const {
  return impl_->yields_to(syn, now);
}

State Connection::state() const {
  return impl_->state;
}
bool Connection::established() const {
  return impl_->was_established;
}

RecoveryPhase Connection::phase() const {
  return impl_->recovery ? impl_->recovery->phase() : RecoveryPhase::open;
}

bool Connection::readable() const {
  return !impl_->received.empty() || impl_->fin_received || impl_->error;
}

// Linux wakes a writer when a third of the buffer is free (sk_stream_is_writeable).
bool Connection::writable() const {
  if (impl_->error) return true;
  const auto used = impl_->send_memory();
  return impl_->was_established && impl_->room() > 0 && used + used / 2 <= impl_->send_limit;
}

bool Connection::at_end() const {
  return impl_->fin_received && impl_->received.empty();
}
net::Error Connection::error() const {
  return impl_->error;
}
bool Connection::finished() const {
  return impl_->state == State::closed && !impl_->reset;
}

net::TransportInfo Connection::info() const {
  net::TransportInfo info;
  info.smoothed_rtt = impl_->rtt.smoothed();
  info.bytes_acked = impl_->bytes_acked;
  info.bytes_received = impl_->bytes_received;
  info.bytes_unacked = impl_->send_buffer.size();
  info.retransmits = impl_->syn_retransmits;
  info.rtt_deviation = impl_->rtt.deviation();
  if (impl_->rtt.measured()) info.minimum_rtt = impl_->rtt.minimum();
  if (const auto& recovery = impl_->recovery) {
    info.segments_unacked = static_cast<std::uint32_t>(recovery->board().outstanding());
    if (recovery->window().threshold != CongestionWindow::kNoThreshold) {
      info.slow_start_threshold = static_cast<std::uint32_t>(recovery->window().threshold);
    }
    if (const auto interval = recovery->delivery().rate_interval(); interval > Duration{}) {
      info.delivery_rate = static_cast<std::uint64_t>(recovery->delivery().rate_segments()) *
                           impl_->payload_limit * 1'000'000'000 /
                           static_cast<std::uint64_t>(interval.count());
    }
    info.retransmits += recovery->retransmits();
    info.congestion_window = static_cast<std::uint32_t>(recovery->window().segments);
  }
  return info;
}

Duration Connection::since_last_ack(TimePoint now) const {
  return now - impl_->last_ack;
}

}  // namespace dispatch::sim::tcp
