// The segments that are sent and not yet acknowledged, as they were cut, and what is known of each.
#pragma once

#include "sim/core/ring.hpp"
#include "sim/tcp/options.hpp"
#include "sim/tcp/sequence.hpp"

#include <optional>

namespace dispatch::sim::tcp {

struct SentSegment {
  Sequence begin = 0;
  std::uint32_t length = 0;  // sequence space: payload, and FIN
  TimePoint sent{};          // last time
  bool fin = false;
  bool retransmitted = false;
  bool lost = false;    // judged lost, waits to be sent again
  bool sacked = false;  // the receiver has it (RFC 2018)

  Sequence end() const { return begin + length; }
};

// What an acknowledgment has taken off the scoreboard.
struct Acknowledged {
  int segments = 0;                     // those that were not known to have arrived included
  int newly_arrived = 0;                // without those that had been SACKed before
  bool retransmitted = false;           // one of them had been sent more than once
  std::optional<TimePoint> first_sent;  // the oldest that was sent only once (Karn's rule)
  std::optional<TimePoint> last_sent;   // the newest of those
};

// Segments are contiguous, in order of their sequence numbers. Keeps the counts that a sender asks
// for on every packet.
class Scoreboard {
 public:
  bool empty() const { return segments_.empty(); }
  int outstanding() const { return static_cast<int>(segments_.size()); }
  int lost() const { return lost_; }
  int sacked() const { return sacked_; }
  // Believed to be in the network: neither lost nor arrived.
  int in_flight() const { return outstanding() - lost_ - sacked_; }

  const SentSegment& operator[](int index) const {
    return segments_[static_cast<std::size_t>(index)];
  }

  void append(Sequence begin, std::uint32_t length, bool fin, TimePoint now);
  // Everything before `una` has arrived.
  Acknowledged acknowledge(Sequence una);

  void mark_lost(int index);
  void mark_all_lost();  // all but what has been SACKed
  void mark_sacked(int index);
  void forget_sacks();  // the receiver may drop what it has SACKed (RFC 2018 8)

  // The first segment that waits to be sent again: -1 if there is none.
  int first_lost();
  void on_retransmitted(int index, TimePoint now);

  // The first segment that does not end at or before `sequence`.
  int index_of(Sequence sequence) const;

 private:
  SentSegment& at(int index) { return segments_[static_cast<std::size_t>(index)]; }

  Ring<SentSegment> segments_;
  int lost_ = 0;
  int sacked_ = 0;
  int lost_hint_ = 0;  // no segment before this index is lost
};

}  // namespace dispatch::sim::tcp
