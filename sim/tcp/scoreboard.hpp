// The segments that are sent and not yet acknowledged, as they were cut, and what is known of each.
#pragma once

#include "engine/net/ring.hpp"
#include "sim/tcp/options.hpp"
#include "sim/tcp/sequence.hpp"

#include <cstdint>

namespace dispatch::sim::tcp {

struct SentSegment {
  TimePoint sent{};  // last time
  Sequence begin = 0;
  std::uint32_t length : 20 = 0;  // sequence space: payload, and FIN
  bool fin : 1 = false;
  bool retransmitted : 1 = false;  // more than once on the wire
  bool lost : 1 = false;           // judged lost...
  bool repeated : 1 = false;       // ...and, or as a probe, sent again: that copy is in the network
  bool sacked : 1 = false;         // the receiver has it (RFC 2018)
  bool listed : 1 = false;         // in the list by time of sending
  bool application_limited : 1 = false;
  std::uint32_t order = 0;  // of sending: tells apart what was sent at one instant
  // In that list: ids, not indices.
  std::uint32_t older = 0;
  std::uint32_t newer = 0;
  // What had been delivered when it was sent, and how long before, in microseconds, that was and
  // the first of these was sent: see DeliveryRate.
  std::uint32_t delivered = 0;
  std::uint32_t delivered_ago = 0;
  std::uint32_t first_sent_ago = 0;

  Sequence end() const { return begin + length; }
};

// Segments are contiguous, in order of their sequence numbers. Keeps the counts that a sender asks
// for on every packet, and a list by time of sending of those whose fate is open, for RACK.
class Scoreboard {
 public:
  bool empty() const { return segments_.empty(); }
  int outstanding() const { return static_cast<int>(segments_.size()); }
  int lost() const { return lost_; }
  int repeated() const { return repeated_; }
  int sacked() const { return sacked_; }
  // Lost, and not sent again.
  bool to_repair() const { return lost_ > repaired_; }
  // Believed to be in the network (RFC 6675: pipe).
  int in_flight() const { return outstanding() - lost_ - sacked_ + repeated_; }

  const SentSegment& operator[](int index) const {
    return segments_[static_cast<std::size_t>(index)];
  }
  SentSegment& at(int index) { return segments_[static_cast<std::size_t>(index)]; }

  SentSegment& append(Sequence begin, std::uint32_t length, bool fin, TimePoint now);
  // The first one has been acknowledged.
  void pop_front();
  // The peer has a part of the first one: the rest stays, and counts as a segment.
  void trim_front(Sequence una);

  // True where it was not lost before, or its repetition was in the network.
  bool mark_lost(int index);
  // Cuts those of more than `most` bytes of payload into parts, each of which counts as a segment
  // and is lost from now on, but for what the peer has. Returns how many parts were not lost
  // before.
  int split(std::uint32_t most);
  void mark_sacked(int index);
  void forget_sacks();                // the receiver may drop what it has SACKed (RFC 2018 8)
  void forget_losses();               // nothing was lost after all
  void forget_repetition(int index);  // it has arrived, and was not needed
  // Without SACK: `count` segments have arrived behind a hole, nobody knows which (RFC 6582).
  void set_anonymous_sacks(int count) { sacked_ = count; }

  // The first segment that is lost and not sent again: -1 if there is none.
  int first_to_repair();
  SentSegment& on_retransmitted(int index, TimePoint now);

  // The first segment that does not end at or before `sequence`.
  int index_of(Sequence sequence) const;
  // The end of the highest segment that was SACKed; `una` where none is.
  Sequence highest_sacked(Sequence una) const { return sacked_ > 0 ? highest_sacked_ : una; }

  // By time of sending, oldest first, without those that are SACKed, or lost and not sent again:
  // -1 at the end.
  int oldest() const { return listed_ == 0 ? -1 : index(oldest_); }
  int next_newer(int i) const { return (*this)[i].newer == kNone ? -1 : index((*this)[i].newer); }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  int index(std::uint32_t id) const { return static_cast<int>(id - first_id_); }
  // The segments with those that are too large cut, and where the first part of each is.
  struct Cut;
  Cut cut(std::uint32_t most) const;
  void enlist(int index);
  void delist(int index);

  net::Ring<SentSegment> segments_;
  std::uint32_t first_id_ = 0;  // of segments_[0]
  std::uint32_t sendings_ = 0;
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
  int listed_ = 0;
  int lost_ = 0;
  int repeated_ = 0;
  int repaired_ = 0;  // lost and sent again
  int sacked_ = 0;
  int repair_hint_ = 0;  // no segment before this index waits for its repair
  Sequence highest_sacked_ = 0;
};

}  // namespace dispatch::sim::tcp
