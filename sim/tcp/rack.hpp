// Loss detection by time (RFC 8985 6): what was sent well before something that has arrived is
// lost.
#pragma once

#include "sim/tcp/rtt_estimator.hpp"
#include "sim/tcp/scoreboard.hpp"

namespace dispatch::sim::tcp {

// Linux's tcp_recovery.c, with its reordering window: none while nothing was seen out of order and
// three segments have arrived behind a hole, or recovery has begun; else a quarter of the minimum
// RTT, and as many more quarters as duplicates have told of needless repetitions.
class Rack {
 public:
  // A segment has arrived, by ACK or SACK (steps 1 and 2). Not for repetitions that were
  // acknowledged sooner than the network allows: that was the original.
  void on_delivered(const SentSegment& segment, TimePoint now, Duration minimum_rtt);
  // Step 3.
  void on_reordering(int segments) {
    ++reordering_seen_;
    degree_ = std::max(degree_, std::min(segments, kMostReordering));
  }
  void on_duplicate() {
    if (reordering_seen_ > 0) duplicate_seen_ = true;
  }
  // Step 4, once for each acknowledgment: `prior_delivered` of its rate sample, zero if it has
  // none.
  void update_window(std::uint32_t prior_delivered, std::uint32_t delivered);
  void on_undo_by_duplicates() { persist_ = std::min(kPersist, persist_ + 1); }
  void on_recovered() {
    if (persist_ > 0) --persist_;
  }
  void look_again() { advanced_ = true; }
  void on_timeout_in_disorder(int sacked) {
    if (sacked >= kThreshold) degree_ = std::min(degree_, kThreshold);
  }

  struct Verdict {
    int lost = 0;
    bool repetition_lost = false;
    Duration wait{};  // until the next one may be lost; zero: there is none
  };
  // Step 5. Nothing has arrived since the last time: nothing is done, unless `always`.
  Verdict detect(Scoreboard& board, const RttEstimator& rtt, bool recovering, TimePoint now,
                 bool always = false);

  // How long after its sending a segment counts as lost, without a reordering window.
  bool overdue(const SentSegment& segment, TimePoint now) const {
    return now - segment.sent >= rtt_;
  }
  bool reordering_is_high() const { return degree_ > kThreshold; }
  int degree() const { return degree_; }

 private:
  static constexpr int kThreshold = 3;  // tcp_reordering
  static constexpr int kMostReordering = 300;
  static constexpr int kPersist = 16;

  Duration window(const Scoreboard& board, const RttEstimator& rtt, bool recovering) const;

  std::uint32_t newest_ = 0;  // of those that have arrived: its order of sending
  Duration rtt_{};
  bool advanced_ = false;
  int reordering_seen_ = 0;
  int degree_ = kThreshold;  // segments
  bool duplicate_seen_ = false;
  int steps_ = 1;
  int persist_ = 0;
  std::uint32_t last_delivered_ = 0;
};

}  // namespace dispatch::sim::tcp
