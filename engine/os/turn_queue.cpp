#include "engine/os/turn_queue.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace dispatch::os {

struct TurnQueue::State {
  boost::asio::io_context& io;
  std::deque<std::function<void()>> waiting;
};

TurnQueue::TurnQueue(boost::asio::io_context& io) : state_(new State{io, {}}) {}

void TurnQueue::wait(std::function<void()> turn) {
  state_->waiting.push_back(std::move(turn));
  if (state_->waiting.size() == 1) give_next(state_);
}

void TurnQueue::give_next(const std::shared_ptr<State>& state) {
  boost::asio::post(state->io, [weak = std::weak_ptr(state)] {
    const auto queue = weak.lock();
    if (!queue) return;
    // The first stays in its place while it runs, so that who asks meanwhile does not post too.
    const auto turn = std::exchange(queue->waiting.front(), nullptr);
    turn();
    queue->waiting.pop_front();
    if (!queue->waiting.empty()) give_next(queue);
  });
}

}  // namespace dispatch::os
