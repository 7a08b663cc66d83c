// The state of a connection, and the steps of its machine; each source file is one part of it.
#pragma once

#include "sim/tcp/ack_policy.hpp"
#include "sim/tcp/connection.hpp"
#include "sim/tcp/ecn.hpp"
#include "sim/tcp/keep_alive.hpp"
#include "sim/tcp/negotiation.hpp"
#include "sim/tcp/pacer.hpp"
#include "sim/tcp/reassembly.hpp"
#include "sim/tcp/receive_autotuning.hpp"
#include "sim/tcp/receive_queue.hpp"
#include "sim/tcp/receive_window.hpp"
#include "sim/tcp/recovery.hpp"
#include "sim/tcp/rtt_estimator.hpp"
#include "sim/tcp/send_buffer.hpp"

#include <memory>
#include <optional>

namespace dispatch::sim::tcp {

using net::Error;

// The variables are those of RFC 9293 3.3.1, with its names: una, nxt (send), rcv_nxt (receive).
struct Connection::Impl {
  Impl(const Options& settings, std::uint16_t local, std::uint16_t remote, Sequence initial);

  // connection_handshake.cpp
  void connect(TimePoint now);
  void accept(const Segment& syn, TimePoint now);
  void receive_in_syn_sent(const Segment& segment, TimePoint now);
  void on_handshake_done(const Segment& segment, TimePoint now);
  void take_syn(const Segment& syn, TimePoint now);
  void remember_by_cookie(TimePoint now);
  Segment make_syn(TimePoint now);
  void on_syn_timeout(TimePoint now);

  // connection_receive.cpp
  void receive(const Segment& segment, TimePoint now);
  void receive_in_time_wait(const Segment& segment, TimePoint now);
  bool in_window(const Segment& segment) const;
  bool is_from_the_past(const Segment& segment, TimePoint now) const;
  bool yields_to(const Segment& syn, TimePoint now) const;
  void on_reset(const Segment& segment, TimePoint now);
  void receive_data(const Segment& segment, TimePoint now);
  void note_congestion(const Segment& segment);
  void note_timing(const Segment& segment, TimePoint now);
  void receive_in_order(const Segment& segment, Sequence kept_end, TimePoint now);
  void receive_ahead(const Segment& segment, Sequence kept_end);
  void deliver(const Payload& payload, std::size_t from, std::size_t count);
  void on_fin(TimePoint now);
  void challenge(const Segment& segment, TimePoint now);

  // connection_acknowledge.cpp: our data, as the peer acknowledges it
  bool acknowledge(const Segment& segment, TimePoint now);
  void acknowledge_outstanding(const Segment& segment, bool window_moved, TimePoint now);
  bool update_window(const Segment& segment);
  void on_fin_acknowledged(TimePoint now);

  // connection_send.cpp
  std::optional<Segment> next_segment(TimePoint now);
  std::optional<Segment> next_retransmission(TimePoint now);
  std::optional<Segment> next_new_data(TimePoint now);
  std::optional<Segment> next_loss_probe(TimePoint now);
  std::optional<Segment> next_window_probe(TimePoint now);
  std::size_t window_room() const;  // bytes that the peer's window lets go
  void on_stopped(bool limited, TimePoint now);
  void check_writer();
  bool held_by_nagle(std::size_t count) const;
  std::size_t burst_segments() const;
  std::size_t windows_buffered() const {
    return options.congestion == CongestionAlgorithm::bbr ? 3 : 2;
  }
  bool waits_for_more_room(TimePoint now);
  Segment send_new(std::size_t count, bool fin, TimePoint now);
  void fill_sack(Segment& segment);
  Segment make_data(Sequence begin, std::size_t count, bool fin, TimePoint now);
  Segment make_segment(Sequence sequence, TimePoint now);
  void fill_acknowledgment(Segment& segment, TimePoint now);
  Segment make_reset();
  std::size_t unsent() const;         // bytes written and not yet sent
  std::size_t segment_limit() const;  // bytes of payload in one segment
  bool can_send() const;              // the state lets data and FIN out

  // connection_timers.cpp
  TimePoint deadline() const;
  void on_timer(TimePoint now);
  void on_retransmission_timeout(TimePoint now);
  void revert_backoff(Sequence sequence, TimePoint now);
  void on_keep_alive(TimePoint now);
  void on_loss_probe_timeout(TimePoint now);
  void on_window_probe_timeout(TimePoint now);
  void arm_window_probe(TimePoint now);
  void end_window_probes();
  Duration clamped(Duration delay, const std::optional<TimePoint>& since, TimePoint now) const;
  bool out_of_time(const std::optional<TimePoint>& since, TimePoint now) const;
  enum class Timer : std::uint8_t {
    none,
    handshake,
    retransmission,
    loss_probe,    // RFC 8985 7
    reordering,    // RFC 8985 6.2 step 5
    window_probe,  // RFC 9293 3.8.6.1
  };
  void arm(Timer kind, Duration delay, TimePoint now);
  void disarm();
  void set_timer(const TimerRequest& request, TimePoint now);
  void arm_retransmission(TimePoint now);
  bool arm_loss_probe(bool advancing, TimePoint now);
  Duration until_timeout(TimePoint now) const;  // of the first segment, maybe past
  void enter_time_wait(TimePoint now);
  void await_orphan(TimePoint now);

  // connection.cpp: the application's calls, and the end
  std::size_t room() const;
  std::size_t begin_write(std::size_t wanted);
  std::size_t send_memory() const;
  void after_read(std::size_t bytes, TimePoint now);
  // How far what has arrived reaches beyond RCV.NXT.
  std::size_t beyond_holes() const { return reassembly.empty() ? 0 : reassembly.end() - rcv_nxt; }
  void shutdown_write();
  void abort();
  void close(TimePoint now);
  void reset_peer();  // RST, and over
  void fail(Error why);
  void finish();  // nothing more to send; what was received can be read
  std::uint32_t timestamp(TimePoint now) const;

  Options options;
  std::uint16_t local_port;
  std::uint16_t remote_port;
  State state = State::closed;
  bool was_established = false;
  bool passive = false;
  bool orphan = false;  // close() has been called
  Error error;
  Error soft_error;  // told by the network, reported with the time-out

  Agreement agreed;
  Ecn ecn;
  EcnMark arrived_mark = EcnMark::none;  // of the segment that is being looked at
  bool scaling = false;                  // the peer's SYN had a window scale
  std::uint16_t payload_limit = 0;       // bytes of payload of a full segment

  // Sending.
  Sequence initial;  // ISS
  Sequence una;
  Sequence nxt;
  std::uint32_t send_window = 0;      // bytes, from una
  std::uint32_t send_window_max = 0;  // the largest that was offered
  Sequence window_sequence = 0;       // SND.WL1
  SendBuffer send_buffer;
  std::size_t send_limit = 0;   // what autotuning lets the send buffer hold
  std::size_t tail_buffer = 0;  // bytes in the kernel's last buffer, when it was last written to
  RttEstimator rtt;
  std::unique_ptr<Recovery> recovery;  // from the end of the handshake on
  bool outstanding() const { return recovery && !recovery->board().empty(); }
  Duration rto;     // with its back-off...
  int backoff = 0;  // ...of so many doublings
  Pacer pacer;      // for algorithms that pace
  TimePoint last_sent{};
  TimePoint last_ack{};
  bool fin_queued = false;
  bool fin_sent = false;
  bool fin_received = false;
  bool no_delay = false;
  Sequence short_end = 0;       // of the last segment that was not full
  std::size_t burst_left = 0;   // segments of the present burst
  bool push_all = false;        // Nagle's rule does not hold for the moment
  bool blocked_writer = false;  // a write found too little room
  bool sent_new = false;        // since the last time that nothing more could go
  bool loss_probe_due = false;
  bool window_probe_due = false;

  // Receiving.
  Sequence rcv_nxt = 0;
  Sequence rcv_acked = 0;  // what the last segment we sent has acknowledged
  std::optional<Sequence> fin_at;
  ReceiveQueue received;
  Reassembly reassembly;
  ReceiveWindow window;
  ReceiveAutotuning autotuning;
  std::optional<SackBlock> duplicate;  // to be reported (RFC 2883)
  AckPolicy acks;
  std::uint32_t recent_timestamp = 0;  // TS.Recent
  TimePoint recent_timestamp_at{};
  std::optional<TimePoint> last_challenge;
  KeepAlive keep_alive;

  // Timers, and what waits to be sent.
  TimePoint retransmit_deadline = net::kNever;  // of `timer`
  TimePoint close_deadline = net::kNever;       // TIME_WAIT, or FIN_WAIT_2 of an orphan
  int syn_timeouts = 0;
  Timer timer = Timer::none;
  bool syn_due = false;
  TimePoint syn_sent_at{};
  std::optional<TimePoint> stalled_since;  // the first time-out without progress since
  int probe_backoff = 0;
  int probes_unanswered = 0;
  std::optional<TimePoint> probing_since;  // the window has been closed since the first probe
  Duration user_timeout{};                 // zero: none
  struct Reset {
    Sequence sequence;
    bool with_ack;
  };
  std::optional<Reset> reset;

  // Figures.
  std::uint64_t bytes_acked = 0;
  std::uint64_t bytes_received = 0;
  std::uint32_t syn_retransmits = 0;
};

}  // namespace dispatch::sim::tcp
