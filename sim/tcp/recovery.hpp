// What is lost, what is to be sent again, and what the congestion window becomes: the sender's
// state machine (RFC 6675, RFC 8985, RFC 6937, RFC 5682, RFC 4015), as Linux has it.
#pragma once

#include "sim/tcp/congestion.hpp"
#include "sim/tcp/delivery_rate.hpp"
#include "sim/tcp/prr.hpp"
#include "sim/tcp/rack.hpp"
#include "sim/tcp/recovery_phase.hpp"
#include "sim/tcp/rtt_estimator.hpp"
#include "sim/tcp/sack.hpp"
#include "sim/tcp/scoreboard.hpp"
#include "sim/tcp/window_usage.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace dispatch::sim::tcp {

// An acknowledgment, checked: within what was sent, not older than the last one.
struct AckEvent {
  TimePoint now{};
  Sequence una = 0;  // what it acknowledges
  Sequence nxt = 0;
  std::span<const SackBlock> sack;
  std::optional<std::uint32_t> echo;  // the timestamp that it echoes, in milliseconds...
  std::uint32_t clock = 0;            // ...and what our timestamp would be now
  bool window_moved = false;          // the receive window changed, or it carried data
  bool congestion = false;            // ECN-Echo
  bool can_send_new = false;          // there is new data, and room in the peer's window
  std::uint32_t segment_bytes = 1448;
  std::uint32_t window_max = 0;
  TimePoint departure{};  // when the pace lets the next burst go
};

// What the connection is to do about its retransmission timer.
struct TimerRequest {
  bool rearm = false;                  // by the rules for new acknowledgments
  std::optional<Duration> reordering;  // instead: look for losses again so much later
};

class Recovery {
 public:
  Recovery(std::unique_ptr<CongestionControl> control, RttEstimator& rtt, bool sack, int window);

  const Scoreboard& board() const { return board_; }
  const CongestionWindow& window() const { return window_; }
  const CongestionControl& control() const { return *control_; }
  const DeliveryRate& delivery() const { return delivery_; }
  RecoveryPhase phase() const { return phase_; }
  int in_flight() const { return board_.in_flight(); }
  bool sack() const { return sack_; }
  std::uint64_t pacing_rate(std::uint32_t segment_bytes) const;

  // From the network and the clock.
  TimerRequest on_ack(const AckEvent& event);
  void on_timeout(Sequence una, Sequence nxt, TimePoint now, std::uint32_t clock);
  TimerRequest on_reordering_timeout(Sequence una, Sequence nxt, TimePoint now);

  // The path takes no more than `segment_bytes` of payload: what is larger is lost, and cut.
  void on_smaller_segments(std::uint32_t segment_bytes, Sequence nxt);

  // Sending. What may go: a repetition (its index), or new data. At the start of a flight, the
  // pause since the last data.
  std::optional<int> next_repetition();
  bool may_send_new() const;
  SentSegment on_repetition(int index, TimePoint now, std::uint32_t clock);
  void on_new(Sequence begin, std::uint32_t length, bool fin, TimePoint now);
  void on_restart(Duration pause, Duration timeout, int initial_window, TimePoint now);
  // Nothing more goes now: because of the congestion window, or for want of data or room.
  void on_stopped(bool limited, bool blocked_writer, Sequence una, Sequence nxt, Duration timeout,
                  TimePoint now);
  // The application writes again, and less than a segment was left to be sent.
  void on_short_of_data() {
    if (in_flight() < window_.segments && !board_.to_repair()) {
      delivery_.on_application_limited(in_flight());
    }
  }

  // Tail loss probes (RFC 8985 7).
  bool may_probe() const;
  bool probe_outstanding() const { return probe_end_.has_value(); }
  void on_probe(Sequence nxt, bool repetition) {
    probe_end_ = nxt;
    probe_repeated_ = repetition;
  }
  // The last segment again, as a probe.
  SentSegment repeat_last(TimePoint now);

  // ECN (RFC 3168): the window is to be reduced once for what is in flight.
  void reduce_for_congestion(Sequence una, Sequence nxt);
  bool take_window_reduced() { return std::exchange(tell_reduced_, false); }

  void clear();
  std::uint32_t retransmits() const { return retransmits_; }
  int timeouts() const { return timeouts_; }  // since the last progress

 private:
  struct News;  // what one acknowledgment has brought, while it is looked at

  // recovery.cpp
  void take_acknowledged(const AckEvent& event, News& news);
  void measure(const AckEvent& event, News& news);
  void control_window(const AckEvent& event, const News& news);
  AckSample sample(const AckEvent& event, const News& news) const;
  void probe_acknowledged(const AckEvent& event, const News& news);
  void check_reordering(Sequence low, const AckEvent& event);

  // recovery_phases.cpp
  void judge(const AckEvent& event, News& news);
  bool leave_if_over(const AckEvent& event);
  bool in_recovery_phase(const AckEvent& event, News& news);
  bool in_loss_phase(const AckEvent& event, News& news);
  void detect_losses(const AckEvent& event, News& news);
  void enter_recovery(Sequence una, Sequence nxt, bool congestion);
  void begin_reduction(Sequence nxt);
  void end_reduction();
  void settle_open(Sequence nxt);
  bool reducing() const {
    return phase_ == RecoveryPhase::reduction || phase_ == RecoveryPhase::recovery;
  }
  int current_threshold() const;

  // recovery_undo.cpp
  void begin_undo(Sequence una);
  bool echo_is_older() const;
  bool may_undo() const { return undo_from_ && (repetitions_out_ == 0 || echo_is_older()); }
  void undo(bool nothing_lost);
  bool undo_by_duplicates();
  bool undo_loss(bool by_frto);
  void undo_recovery();
  bool any_repetition() const;

  std::unique_ptr<CongestionControl> control_;
  RttEstimator& rtt_;
  bool sack_;
  RecoveryPhase phase_ = RecoveryPhase::open;
  Scoreboard board_;
  CongestionWindow window_;
  WindowUsage usage_;
  SackTagger tagger_;
  Rack rack_;
  Prr prr_;
  DeliveryRate delivery_;
  Sequence high_ = 0;            // the recovery point: what was sent when it began
  bool frto_ = false;            // the time-out may have been spurious (RFC 5682)
  bool new_data_first_ = false;  // F-RTO's question to the network
  std::optional<Sequence> probe_end_;
  bool probe_repeated_ = false;

  // Undoing (RFC 4015): the state before, and what tells that it was right.
  std::optional<Sequence> undo_from_;
  int repetitions_out_ = 0;  // not yet reported as duplicates; -1: none was sent
  int prior_threshold_ = 0;  // 0: nothing to go back to
  std::optional<std::uint32_t> first_repetition_;  // the clock then
  std::optional<std::uint32_t> echo_;              // of the last acknowledgment

  bool tell_reduced_ = false;
  int timeouts_ = 0;
  std::uint32_t retransmits_ = 0;
  std::uint32_t lost_ = 0;  // segments marked, since the connection began
};

}  // namespace dispatch::sim::tcp
