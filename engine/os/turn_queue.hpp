// Who may move bulk data next.
#pragma once

#include "engine/net/callback.hpp"

#include <deque>
#include <utility>

namespace dispatch::os {

// Turns are given one at a time, in the order in which they were asked for, and between two of them
// the event loop looks after everything else. So bulk transfers share evenly however ready each of
// them is, and a message of a few bytes waits for one turn, not for one of each.
class TurnQueue {
 public:
  // Calls `turn` from the loop, never from within.
  void wait(net::Callback<> turn) { waiting_.push_back(std::move(turn)); }

  bool empty() const { return waiting_.empty(); }

  // Of the loop, in each round.
  void give_one() {
    if (waiting_.empty()) return;
    auto turn = std::move(waiting_.front());
    waiting_.pop_front();
    turn();
  }

  void clear() { std::exchange(waiting_, {}).clear(); }

 private:
  std::deque<net::Callback<>> waiting_;
};

}  // namespace dispatch::os
