// BBR congestion control, version 1, in the integers of Linux's tcp_bbr.c
// (draft-cardwell-iccrg-bbr-congestion-control-00).
#pragma once

#include "sim/tcp/bandwidth.hpp"
#include "sim/tcp/bbr_aggregation.hpp"
#include "sim/tcp/bbr_policer.hpp"
#include "sim/tcp/congestion.hpp"
#include "sim/tcp/windowed_max.hpp"

#include <cstdint>

namespace dispatch::sim::tcp {

// It models the path by two figures, the highest rate of delivery in the last ten round trips and
// the lowest RTT in the last ten seconds, and keeps to them: a pace of about that rate, and a
// window of about twice their product. Losses do not matter to it, but in the round trip after the
// first of them, and where they show a policer.
class Bbr : public CongestionControl {
 public:
  // `seed`: of where in its cycle it begins to probe.
  explicit Bbr(std::uint32_t seed);

  void on_ack(CongestionWindow&, const AckSample&) override {}
  int threshold_after_loss(const CongestionWindow& window) override;
  int undone(const CongestionWindow& window, int prior) override;
  void on_timeout(const AckSample& sample) override;
  void on_restart(CongestionWindow& window, Duration pause, TimePoint now) override;

  bool governs() const override { return true; }
  void govern(CongestionWindow& window, const PathModel& model) override;
  bool limits_application() const override { return mode_ == Mode::probe_rtt; }
  std::uint64_t pacing_rate() const override { return pacing_rate_; }
  std::size_t least_burst() const override;

 private:
  enum class Mode : std::uint8_t {
    startup,          // doubles its rate every round trip, until that brings no more
    drain,            // what startup left in the queue
    probe_bandwidth,  // a cycle of eight round trips: one faster, one slower, six at the rate
    probe_rtt,        // nearly nothing in flight, to see the path without its queue
  };

  // bbr.cpp: the model
  void begin(const CongestionWindow& window, const PathModel& model);
  void update_bandwidth(const PathModel& model);
  void update_aggregation(const CongestionWindow& window, const PathModel& model);
  void update_cycle(const PathModel& model);
  bool phase_is_over(const PathModel& model) const;
  void look_for_full_pipe(const PathModel& model);
  void look_for_drained(CongestionWindow& window, const PathModel& model);
  void update_minimum_rtt(CongestionWindow& window, const PathModel& model);
  void stay_in_probe_rtt(CongestionWindow& window, const PathModel& model);
  void end_probe_rtt(CongestionWindow& window, TimePoint now);
  void begin_probing(TimePoint now);
  void update_gains();
  Bandwidth best_rate() const { return bandwidth_.value(); }
  Bandwidth rate() const { return policer_.found() ? policer_.rate() : best_rate(); }

  // bbr_window.cpp: what follows from it
  void set_pace_to(Bandwidth rate, Gain gain);
  void set_pace(const CongestionWindow& window, const PathModel& model);
  void pace_from_rtt(const CongestionWindow& window, const PathModel& model);
  void set_window(CongestionWindow& window, const PathModel& model);
  bool recover_or_restore(int& window, const PathModel& model);
  void save_window(int window);
  int product(Bandwidth rate, Gain gain) const;
  int with_bursts(int segments) const;
  int in_flight_target(Bandwidth rate, Gain gain) const;
  int burst_goal() const;
  int in_flight_at_departure(int in_flight, const PathModel& model) const;

  Mode mode_ = Mode::startup;
  Gain pacing_gain_;
  Gain window_gain_;
  WindowedMax bandwidth_;
  BbrPolicer policer_;
  BbrAggregation aggregation_;

  // Round trips are counted in delivered segments.
  std::uint32_t rounds_ = 0;
  std::uint32_t round_end_ = 0;
  bool round_start_ = false;

  bool full_ = false;  // the pipe, in startup
  Bandwidth full_rate_ = 0;
  int rounds_without_growth_ = 0;

  int phase_ = 0;  // of the cycle
  TimePoint phase_began_{};

  Duration minimum_rtt_ = Duration::max();
  std::int64_t minimum_tick_ = -1;  // when it was seen; -1: nothing is known
  std::int64_t probe_rtt_end_ = 0;  // a tick; 0: the window has not been reached
  bool probe_rtt_round_ = false;

  bool began_ = false;
  bool seen_rtt_ = false;
  bool idle_restart_ = false;
  bool recovering_ = false;    // at the last acknowledgment...
  bool repairing_ = false;     // ...or after a time-out
  bool conservation_ = false;  // a segment out for each that arrives
  int prior_window_ = 0;
  std::uint32_t lost_ = 0;
  std::uint64_t pacing_rate_ = 0;
  std::uint32_t segment_bytes_ = 1448;
  bool timed_out_ = false;
  bool forget_policer_ = false;
  std::uint32_t dice_;
};

}  // namespace dispatch::sim::tcp
