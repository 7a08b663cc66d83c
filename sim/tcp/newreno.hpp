// Loss recovery from cumulative acknowledgments alone: fast retransmit and NewReno (RFC 6582), with
// limited transmit (RFC 3042).
#pragma once

#include "sim/tcp/scoreboard.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

// Each duplicate ACK says that one segment has arrived behind a hole, nobody knows which. Counting
// those as not in flight is the window inflation of RFC 5681 3.2 and limited transmit in one.
struct NewReno {
  // How many segments the scoreboard takes for arrived: never so many that none is missing.
  static int add_duplicate(Scoreboard& board) {
    const auto before = board.sacked();
    const auto holes = std::min(std::max(board.lost(), 1), board.outstanding());
    board.set_anonymous_sacks(std::min(before + 1, board.outstanding() - holes));
    return std::max(0, board.sacked() - before);
  }
  // One of the acknowledged segments was the hole; the others had sent the duplicates. How many are
  // delivered by this acknowledgment.
  static int on_acknowledged(Scoreboard& board, int acked) {
    const auto delivered = std::max(acked - board.sacked(), 1);
    board.set_anonymous_sacks(std::max(0, board.sacked() - (acked - 1)));
    const auto holes = std::min(std::max(board.lost(), 1), board.outstanding());
    board.set_anonymous_sacks(std::min(board.sacked(), board.outstanding() - holes));
    return delivered;
  }
  // Three duplicates, or a partial acknowledgment in recovery: the first segment is lost.
  static int detect(Scoreboard& board, bool recovering, bool advanced, bool in_loss) {
    constexpr int kDuplicateThreshold = 3;
    const bool hole = (!recovering && !in_loss && board.sacked() >= kDuplicateThreshold) ||
                      (recovering && advanced);
    if (!hole || board.empty() || board[0].lost) return 0;
    return board.mark_lost(0) ? 1 : 0;
  }
};

}  // namespace dispatch::sim::tcp
