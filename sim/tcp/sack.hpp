// Selective acknowledgments onto the scoreboard (RFC 2018), and duplicates reported by them
// (RFC 2883).
#pragma once

#include "sim/tcp/scoreboard.hpp"
#include "sim/tcp/segment.hpp"

#include <array>
#include <functional>
#include <optional>
#include <span>

namespace dispatch::sim::tcp {

// What the blocks of one acknowledgment have said.
struct SackNews {
  bool any = false;                     // segments that were not known to have arrived
  bool original = false;                // among them one up to `high` that was sent only once
  bool duplicate = false;               // D-SACK: something arrived twice
  bool duplicate_probe = false;         // and it was the tail-loss probe
  int delivered = 0;                    // segments that arrived, duplicates included
  std::optional<TimePoint> first_sent;  // of those that were sent only once
  std::optional<TimePoint> last_sent;
  std::optional<Sequence> reordered;  // the lowest one that arrived behind a later one
};

class SackTagger {
 public:
  struct Context {
    Sequence prior_una;
    Sequence una;
    Sequence nxt;
    Sequence high;                      // the recovery point
    std::optional<Sequence> probe_end;  // of an outstanding tail-loss probe
    std::uint32_t segment_bytes;
    std::uint32_t window_max;   // the largest that the peer ever offered
    std::uint32_t retransmits;  // since the connection began
  };

  // Calls `arrived` for each segment that the blocks report for the first time, before it is
  // marked.
  template <typename Arrived>
  SackNews take(std::span<const SackBlock> blocks, const Context& context, Scoreboard& board,
                Arrived&& arrived) {
    SackNews news;
    if (blocks.empty()) return news;
    if (const auto duplicate = find_duplicate(blocks, context, news)) {
      blocks = blocks.subspan(1);
    }
    for (const auto& block : blocks) {
      if (!valid(block, context)) continue;
      for_new_parts(block, [&](Sequence from, Sequence to) {
        for (auto i = board.index_of(from); i < board.outstanding() && before(board[i].begin, to);
             ++i) {
          const auto& segment = board[i];
          if (segment.sacked) continue;
          if (before(segment.begin, block.begin) || after(segment.end(), block.end)) continue;
          note(segment, board, context, news);
          arrived(i);
          board.mark_sacked(i);
        }
      });
    }
    remember(blocks);
    return news;
  }

  // The block that reports a duplicate, if the first one does, and how many segments it is.
  int duplicate_segments() const { return duplicate_segments_; }
  const SackBlock& duplicate_block() const { return duplicate_; }
  void forget() { known_count_ = 0; }

 private:
  std::optional<SackBlock> find_duplicate(std::span<const SackBlock> blocks, const Context& context,
                                          SackNews& news);
  static bool valid(const SackBlock& block, const Context& context) {
    return after(block.begin, context.una) && at_or_before(block.end, context.nxt) &&
           before(block.begin, block.end);
  }
  static void note(const SentSegment& segment, const Scoreboard& board, const Context& context,
                   SackNews& news);
  void remember(std::span<const SackBlock> blocks);

  // What of the block the last acknowledgment did not cover already.
  template <typename Part>
  void for_new_parts(const SackBlock& block, Part&& part) const {
    const SackBlock* inside = nullptr;
    for (std::uint8_t i = 0; i < known_count_; ++i) {
      const auto& known = known_[i];
      if (before(known.begin, block.begin) || after(known.end, block.end)) continue;
      if (inside == nullptr || known.end - known.begin > inside->end - inside->begin) {
        inside = &known;
      }
    }
    if (inside == nullptr) return part(block.begin, block.end);
    if (before(block.begin, inside->begin)) part(block.begin, inside->begin);
    if (before(inside->end, block.end)) part(inside->end, block.end);
  }

  std::array<SackBlock, 4> known_{};
  std::uint8_t known_count_ = 0;
  std::uint32_t duplicates_ = 0;  // segments, since the connection began
  SackBlock duplicate_{};
  int duplicate_segments_ = 0;  // of the last acknowledgment
};

}  // namespace dispatch::sim::tcp
