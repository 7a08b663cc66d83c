// A TCP connection that behaves like Linux's, as a state machine: no sockets, no clock, no queue of
// its own. It is fed segments, application calls and the time; it is asked what to send and when it
// wants to be woken.
//
// The caller's side of the contract, after every call that takes `now`:
//   1. take segments with next_segment() until it returns none, and send them;
//   2. call on_timer() when deadline() has come (deadlines move with every call);
//   3. look at readable(), writable(), error() and tell the application.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/stream.hpp"
#include "sim/tcp/options.hpp"
#include "sim/tcp/recovery_phase.hpp"
#include "sim/tcp/segment.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace dispatch::sim::tcp {

enum class State : std::uint8_t {  // RFC 9293 3.3.2
  closed,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};

class Connection {
 public:
  // `initial_sequence` is random and the caller's (RFC 6528).
  Connection(const Options& options, std::uint16_t local_port, std::uint16_t remote_port,
             std::uint32_t initial_sequence);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // Opening: exactly one of these, first.
  void connect(TimePoint now);  // sends SYN
  // A listener received this SYN.
  void accept(const Segment& syn, TimePoint now, EcnMark mark = EcnMark::none);
  // The same, and nothing is remembered but what the SYN-ACK can say (RFC 4987 3.6): it is not
  // repeated, the peer's MSS is rounded down to one of four, and without timestamps there is
  // neither SACK nor scaling.
  void accept_by_cookie(const Segment& syn, TimePoint now, EcnMark mark = EcnMark::none);

  // From the network.
  // `mark`: of the packet as it arrived.
  void receive(const Segment& segment, TimePoint now, EcnMark mark = EcnMark::none);
  // The network says that the peer cannot be reached (ICMP), quoting the segment that begins at
  // `sequence`: fatal while connecting (RFC 1122 4.2.3.9), remembered and reported with the
  // time-out afterwards. `for_now`: a network or a host is out of reach, so the loss was not of
  // congestion, and the retransmission timer takes a doubling back (RFC 6069). Of a segment that is
  // not in flight it is ignored (RFC 5927 4.1).
  void unreachable(net::Error error, std::uint32_t sequence, bool for_now, TimePoint now);
  bool in_flight(std::uint32_t sequence) const;

  // The path lets only smaller segments pass (RFC 1191, RFC 8201): `mss` is its MTU less 40 or 60
  // bytes. What is under way and larger is sent again at once, in parts. More is ignored.
  void set_path_mss(std::uint16_t mss);
  // Whether a new connection between the same ports may take its place: it only waits for
  // stragglers, and this SYN is none (RFC 9293 3.6.1, RFC 6191).
  bool yields_to(const Segment& syn, TimePoint now) const;

  // To the network.
  std::optional<Segment> next_segment(TimePoint now);
  TimePoint deadline() const;  // kNever: no timer runs
  void on_timer(TimePoint now);

  // From the application.
  std::size_t write(std::span<const std::byte> data, TimePoint now);  // bytes taken, maybe 0
  std::size_t write(Slice data, TimePoint now);                       // the same, without a copy
  std::size_t read(std::span<std::byte> buffer, TimePoint now);       // bytes given, maybe 0
  Slice read_slice(std::size_t most, TimePoint now);                  // the same, without a copy
  std::size_t discard(std::size_t most, TimePoint now);               // as if they had been read
  void shutdown_write(TimePoint now);  // FIN after what was written; idempotent
  void abort(TimePoint now);           // RST, and everything is dropped
  // The application is gone: like shutdown_write, but data that arrives from now on, or that was
  // not read, is answered with RST (Linux, RFC 1122 4.2.2.13).
  void close(TimePoint now);

  // From now on the peer is asked, when it is silent, whether it is still there.
  void keep_alive(const net::KeepAlive& options, TimePoint now);

  // Off at first: a short segment waits while an earlier short one is unacknowledged (RFC 896, with
  // Minshall's rule). On: it goes at once.
  void no_delay(bool on);

  // How long data may stay unacknowledged, or the peer's window closed; zero: as the options have
  // it (Linux: TCP_USER_TIMEOUT).
  void user_timeout(Duration most);

  // To the application.
  State state() const;
  bool established() const;  // the handshake has been completed (also true later)
  bool readable() const;     // there are bytes, or the end of stream, or an error
  bool writable() const;     // there is room in the send buffer, or an error
  bool at_end() const;       // the peer's FIN has been received and all bytes before it read
  RecoveryPhase phase() const;
  // What ended the connection: connection_refused, connection_reset, timed_out, ...
  net::Error error() const;
  bool finished() const;            // nothing is left to do: the caller may forget it
  net::TransportInfo info() const;  // all but the time since the last acknowledgment
  Duration since_last_ack(TimePoint now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dispatch::sim::tcp
