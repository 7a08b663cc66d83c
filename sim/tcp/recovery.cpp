// An acknowledgment's way: what it delivers, the RTT, losses, and the window.
#include "sim/tcp/recovery.hpp"

#include "sim/tcp/newreno.hpp"
#include "sim/tcp/recovery_news.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::sim::tcp {

Recovery::Recovery(std::unique_ptr<CongestionControl> control, RttEstimator& rtt, bool sack,
                   int window)
    : control_(std::move(control)), rtt_(rtt), sack_(sack) {
  window_.segments = window;
}

TimerRequest Recovery::on_ack(const AckEvent& event) {
  News news;
  news.prior_una = board_.empty() ? event.una : board_[0].begin;
  news.advanced = after(event.una, news.prior_una);
  news.prior_in_flight = board_.in_flight();
  news.prior_delivered = delivery_.delivered();
  news.prior_lost = lost_;
  news.prior_highest = board_.highest_sacked(news.prior_una);
  delivery_.begin(news.rate, news.prior_in_flight);
  echo_ = event.echo;
  new_data_first_ = false;
  if (news.advanced) timeouts_ = 0;
  const bool waiting = !board_.empty();

  if (sack_) {
    news.sack = tagger_.take(event.sack,
                             {news.prior_una, event.una, event.nxt, high_, probe_end_,
                              event.segment_bytes, event.window_max, retransmits_},
                             board_, [&](int index) {
                               rack_.on_delivered(board_[index], event.now, rtt_.minimum());
                               delivery_.on_delivered(board_[index], news.rate);
                             });
    delivery_.count(news.sack.delivered);
    if (news.sack.duplicate) {
      if (!news.sack.duplicate_probe) rack_.on_duplicate();
      const auto& block = tagger_.duplicate_block();
      if (undo_from_ && repetitions_out_ > 0 && after(block.end, *undo_from_)) {
        repetitions_out_ = std::max(0, repetitions_out_ - tagger_.duplicate_segments());
      }
      const auto index = board_.index_of(block.begin);
      if (index < board_.outstanding() && board_[index].begin == block.begin) {
        board_.forget_repetition(index);
      }
    }
    news.original = news.sack.original;
    if (news.sack.reordered && (phase_ != RecoveryPhase::loss || undo_from_)) {
      check_reordering(*news.sack.reordered, event);
    }
  }
  if (waiting) {
    take_acknowledged(event, news);
    measure(event, news);
    rack_.update_window(news.rate.prior_delivered, delivery_.delivered());
    control_->on_delivery(window_, sample(event, news));
  }
  if (probe_end_) probe_acknowledged(event, news);
  if (!waiting && !news.sack.duplicate) return news.timer;
  judge(event, news);
  if (waiting) {
    delivery_.finish(news.rate, static_cast<int>(delivery_.delivered() - news.prior_delivered),
                     static_cast<int>(lost_ - news.prior_lost), rtt_.minimum(), event.now);
    control_window(event, news);
  }
  return news.timer;
}

void Recovery::take_acknowledged(const AckEvent& event, News& news) {
  int acked = 0;
  std::optional<Sequence> reordered;
  while (!board_.empty() && before(board_[0].begin, event.una)) {
    const auto& head = board_[0];
    if (after(head.end(), event.una)) {
      board_.trim_front(event.una);
      break;
    }
    ++acked;
    if (head.retransmitted) {
      news.repeated_acked = true;
    } else if (!head.sacked) {
      news.last_sent = head.sent;
      if (!news.first_sent) news.first_sent = head.sent;
      if (!reordered) reordered = head.begin;
      if (at_or_before(head.end(), high_)) news.original = true;
    }
    if (!head.sacked) {
      if (sack_) {
        delivery_.count(1);
        // An acknowledgment that echoes a time before the repetition is for the original.
        const bool spurious =
            head.retransmitted && event.echo && event.clock != 0 &&
            static_cast<std::int32_t>(*event.echo - event.clock) <
                -static_cast<std::int32_t>(
                    std::chrono::duration_cast<std::chrono::milliseconds>(event.now - head.sent)
                        .count() +
                    1);
        if (!spurious) rack_.on_delivered(head, event.now, rtt_.minimum());
      }
      delivery_.on_delivered(head, news.rate);
    }
    board_.pop_front();
  }
  news.acked = acked > 0;
  if (news.acked) {
    if (!sack_) {
      delivery_.count(NewReno::on_acknowledged(board_, acked));
      if (news.repeated_acked) news.original = false;
    } else if (reordered && before(*reordered, news.prior_highest)) {
      check_reordering(*reordered, event);
    }
    news.timer.rearm = true;
  }
  // A lone short segment over the round trip, to a receiver that may wait for another one.
  news.rate.ack_maybe_delayed = acked == 1 && !news.repeated_acked && !news.sack.any &&
                                event.una - news.prior_una < event.segment_bytes;
  news.reneged = sack_ && !board_.empty() && board_[0].sacked;
}

// A segment arrived so far behind the highest one (Linux: tcp_check_sack_reordering).
void Recovery::check_reordering(Sequence low, const AckEvent& event) {
  const auto highest = board_.sacked() > 0 ? board_.highest_sacked(event.una)
                                           : later(board_.highest_sacked(event.una), event.una);
  if (!before(low, highest)) return;
  rack_.on_reordering(
      static_cast<int>((highest - low + event.segment_bytes - 1) / event.segment_bytes));
}

// Segments that were sent more than once are measured by the timestamps only (RFC 6298 3, RFC 7323
// 4).
void Recovery::measure(const AckEvent& event, News& news) {
  std::optional<Duration> seen;
  if (news.first_sent && !news.repeated_acked) {
    seen = event.now - *news.first_sent;
    news.rate.rtt = event.now - *news.last_sent;
  }
  std::optional<Duration> sacked;
  if (news.sack.first_sent) {
    sacked = event.now - *news.sack.first_sent;
    news.rate.rtt = event.now - *news.sack.last_sent;
  }
  if (!seen) seen = sacked;
  if (!seen && news.acked && event.echo && *event.echo != 0) {
    const auto elapsed =
        std::max<std::int32_t>(static_cast<std::int32_t>(event.clock - *event.echo), 1);
    seen = std::chrono::milliseconds(elapsed);
    news.rate.rtt = seen;
  }
  if (!seen) return;
  rtt_.on_minimum(*news.rate.rtt, event.now);
  rtt_.on_sample(*seen, event.una, event.nxt);
  // Word of data that was sent after the first missing segment's last time: it is not in vain to
  // wait for that.
  if (!news.acked && sacked && !board_.empty() && *sacked > event.now - board_[0].sent) {
    news.timer.rearm = true;
  }
}

std::uint64_t Recovery::pacing_rate(std::uint32_t segment_bytes) const {
  if (control_->governs()) return control_->pacing_rate();
  if (!rtt_.measured()) return 0;
  // Linux's tcp_update_pacing_rate: twice the rate in slow start, 1.2 times later.
  const auto segments =
      static_cast<std::uint64_t>(std::max(window_.segments, board_.outstanding()));
  const std::uint64_t percent = window_.segments < window_.threshold / 2 ? 200 : 120;
  const auto nanoseconds =
      static_cast<std::uint64_t>(std::max<std::int64_t>(rtt_.smoothed().count(), 1));
  return segments * segment_bytes * percent * 10'000'000 / nanoseconds;
}

AckSample Recovery::sample(const AckEvent& event, const News& news) const {
  AckSample sample;
  sample.now = event.now;
  sample.una = event.una;
  sample.nxt = event.nxt;
  sample.delivered = news.rate.acked;
  sample.rtt = news.rate.rtt;
  sample.window_used = usage_.used(window_.segments, window_.in_slow_start());
  sample.minimum_rtt = rtt_.minimum();
  sample.pacing_rate = pacing_rate(event.segment_bytes);
  return sample;
}

void Recovery::control_window(const AckEvent& event, const News& news) {
  if (control_->governs()) {
    PathModel model;
    model.now = event.now;
    model.rate = news.rate;
    model.in_flight = board_.in_flight();
    model.lost = news.rate.lost;
    model.lost_total = lost_;
    model.in_recovery = phase_ == RecoveryPhase::recovery;
    model.in_loss = phase_ == RecoveryPhase::loss;
    model.delivered = delivery_.delivered();
    model.delivered_at = delivery_.delivered_at();
    model.smoothed_rtt = rtt_.smoothed();
    model.minimum_rtt = rtt_.minimum();
    model.departure = event.departure;
    model.segment_bytes = event.segment_bytes;
    control_->govern(window_, model);
    if (control_->limits_application()) delivery_.on_application_limited(board_.in_flight());
    return;
  }
  if (reducing()) {
    if (news.rate.acked > 0 && prr_.prior_window() > 0) {
      window_.segments = prr_.window(news.rate.acked, news.advanced, news.rate.lost > 0,
                                     window_.threshold, board_.in_flight());
    }
    return;
  }
  // Where things often arrive out of order, anything that arrives lets the window grow.
  const bool grows = rack_.reordering_is_high() ? news.advanced || news.sack.any : news.acked;
  if (grows) control_->on_ack(window_, sample(event, news));
}

// RFC 8985 7.4: the probe has repaired a loss, which counts as any other; or it was not needed.
void Recovery::probe_acknowledged(const AckEvent& event, const News& news) {
  if (before(event.una, *probe_end_)) return;
  if (!probe_repeated_ || news.sack.duplicate_probe) {
    probe_end_.reset();
  } else if (after(event.una, *probe_end_)) {
    begin_reduction(event.nxt);
    phase_ = RecoveryPhase::reduction;
    end_reduction();
    settle_open(event.nxt);
  } else if (!news.advanced && !news.sack.any && !event.window_moved) {
    probe_end_.reset();
  }
}

void Recovery::clear() {
  board_ = {};
  tagger_.forget();
  probe_end_.reset();
}

}  // namespace dispatch::sim::tcp
