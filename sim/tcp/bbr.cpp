// What the path is like.
#include "sim/tcp/bbr.hpp"

#include "sim/tcp/bbr_gains.hpp"
#include "sim/tcp/timer_wheel.hpp"

namespace dispatch::sim::tcp {

namespace {

constexpr std::uint32_t kBandwidthRounds = bbr::kCycle.size() + 2;
constexpr std::int64_t kMinimumTicks = std::chrono::seconds(10) / kTick;
constexpr std::int64_t kProbeRttTicks = std::chrono::milliseconds(200) / kTick;
constexpr int kRoundsWithoutGrowth = 3;
constexpr std::uint32_t kFirstPhases = bbr::kCycle.size() - 1;  // any but the slower one

// A generator of its own for each connection (Numerical Recipes' constants).
std::uint32_t roll(std::uint32_t& dice, std::uint32_t sides) {
  dice = dice * 1664525 + 1013904223;
  return static_cast<std::uint32_t>((std::uint64_t{dice} * sides) >> 32);
}

}  // namespace

Bbr::Bbr(std::uint32_t seed)
    : pacing_gain_(bbr::kHighGain), window_gain_(bbr::kHighGain), dice_(seed) {}

void Bbr::govern(CongestionWindow& window, const PathModel& model) {
  segment_bytes_ = model.segment_bytes;
  lost_ = model.lost_total;
  if (!began_) begin(window, model);
  if (std::exchange(forget_policer_, false)) policer_.forget(model, lost_);
  update_bandwidth(model);
  update_aggregation(window, model);
  update_cycle(model);
  look_for_full_pipe(model);
  look_for_drained(window, model);
  update_minimum_rtt(window, model);
  update_gains();
  set_pace(window, model);
  set_window(window, model);
}

void Bbr::begin(const CongestionWindow& window, const PathModel& model) {
  began_ = true;
  minimum_rtt_ = model.minimum_rtt;
  minimum_tick_ = ticks(model.now);
  policer_.forget(model, lost_);
  aggregation_.begin(model.now);
  pace_from_rtt(window, model);
}

void Bbr::update_bandwidth(const PathModel& model) {
  round_start_ = false;
  const auto& sample = model.rate;
  if (std::exchange(timed_out_, false)) {
    auto lossy = model;
    lossy.lost = 1;
    lossy.rate.application_limited = false;
    policer_.on_ack(lossy, lost_, true, false);
  }
  if (sample.delivered < 0 || sample.interval <= Duration{}) return;
  if (static_cast<std::int32_t>(sample.prior_delivered - round_end_) >= 0) {
    round_end_ = model.delivered;
    ++rounds_;
    round_start_ = true;
    conservation_ = false;
  }
  const auto news = policer_.on_ack(model, lost_, round_start_, mode_ == Mode::probe_bandwidth);
  if (news == BbrPolicer::News::found) pacing_gain_ = kUnity;
  if (news == BbrPolicer::News::forgotten) begin_probing(model.delivered_at);
  const auto microseconds = whole_microseconds(sample.interval);
  if (microseconds == 0) return;
  const auto measured = bandwidth(static_cast<std::uint64_t>(sample.delivered), microseconds);
  // What the application had no more of says how fast the path is at least.
  if (!sample.application_limited || measured >= best_rate()) {
    bandwidth_.add(measured, rounds_, kBandwidthRounds);
  }
}

void Bbr::update_aggregation(const CongestionWindow& window, const PathModel& model) {
  const auto& sample = model.rate;
  if (sample.acked <= 0 || sample.delivered < 0 || sample.interval <= Duration{}) return;
  aggregation_.on_ack(sample.acked, model.delivered_at, rate(), round_start_, window.segments);
}

// Faster until a queue is there or losses tell of it, slower until that queue is gone, and at the
// rate for a minimum RTT each.
bool Bbr::phase_is_over(const PathModel& model) const {
  const bool lasted = model.delivered_at - phase_began_ > minimum_rtt_;
  if (pacing_gain_ == kUnity) return lasted;
  const auto in_flight = in_flight_at_departure(model.rate.prior_in_flight, model);
  if (pacing_gain_ > kUnity) {
    return lasted &&
           (model.rate.lost > 0 || in_flight >= in_flight_target(best_rate(), pacing_gain_));
  }
  return lasted || in_flight <= in_flight_target(best_rate(), kUnity);
}

void Bbr::update_cycle(const PathModel& model) {
  if (mode_ != Mode::probe_bandwidth || !phase_is_over(model)) return;
  phase_ = (phase_ + 1) % static_cast<int>(bbr::kCycle.size());
  phase_began_ = model.delivered_at;
}

void Bbr::begin_probing(TimePoint now) {
  mode_ = Mode::probe_bandwidth;
  phase_ = static_cast<int>(bbr::kCycle.size() - roll(dice_, kFirstPhases)) %
           static_cast<int>(bbr::kCycle.size());
  phase_began_ = now;
}

// The rate has not grown by a quarter in three round trips.
void Bbr::look_for_full_pipe(const PathModel& model) {
  if (full_ || !round_start_ || model.rate.application_limited) return;
  if (best_rate() >= full_rate_ * 5 / 4) {
    full_rate_ = best_rate();
    rounds_without_growth_ = 0;
    return;
  }
  full_ = ++rounds_without_growth_ >= kRoundsWithoutGrowth;
}

void Bbr::look_for_drained(CongestionWindow& window, const PathModel& model) {
  if (mode_ == Mode::startup && full_) {
    mode_ = Mode::drain;
    window.threshold = in_flight_target(best_rate(), kUnity);
  }
  if (mode_ == Mode::drain &&
      in_flight_at_departure(model.in_flight, model) <= in_flight_target(best_rate(), kUnity)) {
    begin_probing(model.delivered_at);
  }
}

void Bbr::update_minimum_rtt(CongestionWindow& window, const PathModel& model) {
  const bool expired = ticks(model.now) - minimum_tick_ > kMinimumTicks;
  if (const auto& rtt = model.rate.rtt;
      rtt && (*rtt < minimum_rtt_ || (expired && !model.rate.ack_maybe_delayed))) {
    minimum_rtt_ = *rtt;
    minimum_tick_ = ticks(model.now);
  }
  if (expired && !idle_restart_ && mode_ != Mode::probe_rtt) {
    mode_ = Mode::probe_rtt;
    save_window(window.segments);
    probe_rtt_end_ = 0;
  }
  if (mode_ == Mode::probe_rtt) stay_in_probe_rtt(window, model);
  if (model.rate.delivered > 0) idle_restart_ = false;
}

// At least 200 ms and a round trip with four segments in flight.
void Bbr::stay_in_probe_rtt(CongestionWindow& window, const PathModel& model) {
  if (probe_rtt_end_ == 0) {
    if (model.in_flight > bbr::kLeastWindow) return;
    probe_rtt_end_ = ticks(model.now) + kProbeRttTicks;
    probe_rtt_round_ = false;
    round_end_ = model.delivered;
    return;
  }
  if (round_start_) probe_rtt_round_ = true;
  if (probe_rtt_round_) end_probe_rtt(window, model.now);
}

void Bbr::end_probe_rtt(CongestionWindow& window, TimePoint now) {
  if (probe_rtt_end_ == 0 || ticks(now) <= probe_rtt_end_) return;
  minimum_tick_ = ticks(now);
  window.segments = std::max(window.segments, prior_window_);
  if (full_) {
    begin_probing(now);
  } else {
    mode_ = Mode::startup;
  }
}

void Bbr::update_gains() {
  switch (mode_) {
    case Mode::startup:
      pacing_gain_ = window_gain_ = bbr::kHighGain;
      break;
    case Mode::drain:
      pacing_gain_ = bbr::kDrainGain;
      window_gain_ = bbr::kHighGain;  // the pace does it
      break;
    case Mode::probe_bandwidth:
      pacing_gain_ = policer_.found() ? kUnity : bbr::kCycle[static_cast<std::size_t>(phase_)];
      window_gain_ = bbr::kWindowGain;
      break;
    case Mode::probe_rtt:
      pacing_gain_ = window_gain_ = kUnity;
      break;
  }
}

// Linux: CA_Loss. The pipe may have become smaller.
void Bbr::on_timeout(const AckSample&) {
  repairing_ = timed_out_ = true;
  full_rate_ = 0;
}

int Bbr::undone(const CongestionWindow& window, int) {
  full_rate_ = 0;
  rounds_without_growth_ = 0;
  forget_policer_ = true;
  return window.segments;
}

// After a pause for want of data: no queue is there, so no probing.
void Bbr::on_restart(CongestionWindow& window, Duration, TimePoint now) {
  idle_restart_ = true;
  aggregation_.begin(now);
  if (mode_ == Mode::probe_bandwidth) {
    set_pace_to(rate(), kUnity);
  } else if (mode_ == Mode::probe_rtt) {
    end_probe_rtt(window, now);
  }
}

}  // namespace dispatch::sim::tcp
