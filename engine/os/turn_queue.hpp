// Who may move bulk data next.
#pragma once

#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <memory>

namespace dispatch::os {

// Turns are given one at a time, in the order in which they were asked for, and between two of them
// the event loop looks after everything else. So bulk transfers share evenly however ready each of
// them is, and a message of a few bytes waits for one turn, not for one of each.
class TurnQueue {
 public:
  explicit TurnQueue(boost::asio::io_context& io);

  // Calls `turn` from the loop, never from within; not at all where the queue goes before.
  void wait(std::function<void()> turn);

 private:
  struct State;

  static void give_next(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;  // lives as long as what is posted
};

}  // namespace dispatch::os
