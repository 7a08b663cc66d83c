// Which frames of a stream have come: what is lost, out of order, twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dispatch::stream {

struct SequenceFigures {
  std::uint64_t received = 0;    // each counted once
  std::uint64_t lost = 0;        // of those up to the highest, or up to the end where that is known
  std::uint64_t reordered = 0;   // came after a higher one
  std::uint64_t duplicates = 0;  // came again, or so late that nobody knows
  std::uint64_t repaired = 0;    // received, by parity or because it was asked for

  SequenceFigures& operator+=(const SequenceFigures& other) {
    received += other.received;
    lost += other.lost;
    reordered += other.reordered;
    duplicates += other.duplicates;
    repaired += other.repaired;
    return *this;
  }
  friend bool operator==(const SequenceFigures&, const SequenceFigures&) = default;
};

// Remembers the last kWindow sequence numbers below the highest that has come.
class SequenceLog {
 public:
  static constexpr std::uint64_t kWindow = 65'536;

  // Whether it is new: comes for the first time.
  bool take(std::uint64_t sequence);
  // The stream has so many.
  void end(std::uint64_t count);

  // A stream is heard from the first frame on that comes: what was before is not lost.
  SequenceFigures figures() const;
  bool is_complete() const { return ended_ && figures().lost == 0; }
  bool has_ended() const { return ended_; }

 private:
  bool seen(std::uint64_t sequence) const;
  void mark(std::uint64_t sequence, bool seen);
  void begin(std::uint64_t sequence);
  // All from `from` to below `to`, as they have not come.
  void forget(std::uint64_t from, std::uint64_t to);

  std::vector<std::uint64_t> window_;  // a bit each, by the number modulo kWindow
  bool begun_ = false;
  bool ended_ = false;
  std::uint64_t first_ = 0;
  std::uint64_t next_ = 0;  // above the highest
  std::uint64_t end_ = 0;
  SequenceFigures figures_;
};

}  // namespace dispatch::stream
