#include "engine/net/ready_queue.hpp"

namespace dispatch::net {

void ReadyQueue::run_one() {
  struct Running {
    bool& flag;
    ~Running() { flag = false; }
  };
  auto handler = std::move(ready_.front());
  ready_.pop_front();
  {
    const Running running{running_ = true};
    handler();
    handler.reset();
  }
  memory_.rethrow_pending_exception();
}

void ReadyQueue::clear() {
  while (!ready_.empty()) {
    const auto dropped = std::move(ready_.front());
    ready_.pop_front();
  }
}

}  // namespace dispatch::net
