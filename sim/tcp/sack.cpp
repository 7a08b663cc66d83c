#include "sim/tcp/sack.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

// Below what is acknowledged, or within the second block (RFC 2883 4). Linux's tcp_dsack_seen does
// not believe in more duplicates than it has retransmitted.
std::optional<SackBlock> SackTagger::find_duplicate(std::span<const SackBlock> blocks,
                                                    const Context& context, SackNews& news) {
  duplicate_segments_ = 0;
  const auto& first = blocks[0];
  const bool below = before(first.begin, context.una);
  const bool inside = blocks.size() > 1 && at_or_before(first.end, blocks[1].end) &&
                      at_or_after(first.begin, blocks[1].begin);
  if (!below && !inside) return std::nullopt;
  const auto length = first.end - first.begin;
  if (!before(first.begin, first.end) || length > context.window_max) return std::nullopt;
  std::uint32_t segments = 1;
  if (length > context.segment_bytes) {
    segments = (length + context.segment_bytes - 1) / context.segment_bytes;
  } else if (context.probe_end && *context.probe_end == first.end) {
    news.duplicate_probe = true;
  }
  duplicates_ += segments;
  if (duplicates_ > context.retransmits) return first;
  news.duplicate = true;
  news.delivered += static_cast<int>(segments);
  duplicate_ = first;
  duplicate_segments_ = static_cast<int>(segments);
  return first;
}

void SackTagger::note(const SentSegment& segment, const Scoreboard& board, const Context& context,
                      SackNews& news) {
  news.any = true;
  ++news.delivered;
  if (segment.retransmitted) return;
  if (before(segment.begin, board.highest_sacked(context.una)) &&
      (!news.reordered || before(segment.begin, *news.reordered))) {
    news.reordered = segment.begin;
  }
  if (at_or_before(segment.end(), context.high)) news.original = true;
  if (!news.first_sent) news.first_sent = segment.sent;
  news.last_sent = segment.sent;
}

void SackTagger::remember(std::span<const SackBlock> blocks) {
  known_count_ = static_cast<std::uint8_t>(std::min(blocks.size(), known_.size()));
  std::copy_n(blocks.begin(), known_count_, known_.begin());
}

}  // namespace dispatch::sim::tcp
