// Frames of one stream in the order of their numbers: holds back what is behind a gap until the gap
// is filled, by parity or by what is sent again, or until it has been waited for long enough.
#pragma once

#include "engine/net/time.hpp"
#include "engine/stream/frame.hpp"
#include "engine/stream/parity.hpp"
#include "engine/stream/report.hpp"
#include "engine/stream/sequence_log.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace dispatch::stream {

// No sockets, and no clock of its own. What is passed to it has been checked (decode_frame), and
// may be anything else.
class Reassembly {
 public:
  // So many frames are held, or known to be missing, at most; older ones go on, or are given up.
  static constexpr std::uint64_t kWindow = 8192;
  // The same of their bytes; what finds no room counts as lost on the way.
  static constexpr std::size_t kBytesMost = 64 << 20;
  // A stream that is heard from a lower number on is heard from its beginning.
  static constexpr std::uint64_t kBeginning = 1024;

  // What is missing is waited for for so long.
  explicit Reassembly(net::Duration patience);

  // A data frame. Its payload is copied.
  void data(const Frame& frame, net::TimePoint now);
  void parity(const ParityFrame& frame, net::TimePoint now);
  // The stream has so many frames, or that many at least.
  void end(std::uint64_t count, net::TimePoint now);
  void probe(std::uint64_t next, net::TimePoint now);

  // The next frame in its order that may go on; its payload lasts until kHeld more have been popped
  // or dropped. Empty: it is waited for, or there is none.
  std::optional<Frame> pop(net::TimePoint now);
  static constexpr std::uint64_t kHeld = 64;

  // Before data() and end(): whether a frame of this number needs the room of others. They may be
  // popped then, without waiting for what is missing; else they are dropped.
  bool make_room_for(std::uint64_t sequence);

  // What should be asked for now; it counts as asked for then.
  std::vector<Report::Range> ask(net::TimePoint now);

  bool has_gaps() const { return begun_ && next_ < known_; }
  // All below have gone on, or are given up.
  std::uint64_t settled() const { return next_; }
  bool has_ended() const { return end_.has_value(); }
  bool is_complete() const { return end_ && begun_ && next_ >= *end_; }
  SequenceFigures figures() const;

 private:
  struct Slot {
    std::uint64_t sequence = UINT64_MAX;
    bool here = false;  // else it is missing
    std::uint64_t time = 0;
    net::TimePoint missing_since{};
    std::optional<net::TimePoint> asked{};       // the first time
    std::optional<net::TimePoint> asked_last{};  // the last time
    std::vector<std::byte> payload{};
  };
  struct Group {
    unsigned data = 0;
    std::vector<std::pair<unsigned, std::vector<std::byte>>> rows{};
  };

  using Groups = std::map<std::uint64_t, Group>;  // by the first of their frames

  void begin(std::uint64_t sequence, net::TimePoint now);
  void know(std::uint64_t below, net::TimePoint now);
  bool is_here(std::uint64_t sequence) const;
  Slot& slot(std::uint64_t sequence) { return slots_[sequence % kWindow]; }
  const Slot& slot(std::uint64_t sequence) const { return slots_[sequence % kWindow]; }
  bool put(std::uint64_t sequence, const Frame& frame);
  bool has_room_for(std::size_t bytes);
  void learn(const Slot& late, bool again, net::TimePoint now);
  void skip();
  void solve(std::uint64_t first, net::TimePoint now);
  void solve_around(std::uint64_t sequence, net::TimePoint now);
  void forget_groups();
  void forget_group(Groups::iterator group);

  net::Duration patience_;
  std::vector<Slot> slots_;  // kWindow of them, by number, once it has begun
  bool begun_ = false;
  std::uint64_t next_ = 0;   // to go on
  std::uint64_t known_ = 0;  // one above the highest that is known to exist
  std::optional<std::uint64_t> end_;
  std::uint64_t needed_ = 0;  // the room of all below
  std::uint64_t missing_ = 0;
  std::uint64_t given_up_ = 0;
  std::size_t held_ = 0;     // bytes
  SequenceFigures figures_;  // without what is lost
  // Frames that come late by themselves, or of parity, are not asked for: how late they may be.
  net::Duration lateness_ = kLatenessLeast;
  net::Duration round_trip_ = kRoundTripFirst;  // from asking to the answer
  Groups groups_;

  static constexpr std::uint64_t kAhead = kWindow - kHeld;  // of those that are known
  static constexpr net::Duration kLatenessLeast = std::chrono::milliseconds(2);
  static constexpr net::Duration kRoundTripFirst = std::chrono::milliseconds(100);
  static constexpr net::Duration kRetryLeast = std::chrono::milliseconds(10);
  static constexpr std::size_t kGroupsMost = 256;
};

}  // namespace dispatch::stream
