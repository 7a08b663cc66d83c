#include "engine/os/clock.hpp"

#include "engine/net/condition.hpp"
#include "engine/os/steady_time.hpp"
#include "engine/os/timer_queue.hpp"

#include <memory>
#include <utility>

namespace dispatch::os {
namespace {

class Timer final : public net::Timer {
 public:
  explicit Timer(std::shared_ptr<TimerQueue> queue) : queue_(std::move(queue)) {}

  void start(net::TimePoint when, std::function<void()> expired) override {
    entry_.unlink();
    entry_.when = when;
    entry_.expired = std::move(expired);
    if (when != net::kNever) queue_->add(entry_);
  }

  void stop() override {
    entry_.unlink();
    entry_.expired = nullptr;
  }

 private:
  std::shared_ptr<TimerQueue> queue_;
  TimerQueue::Entry entry_;
};

}  // namespace

Clock::Clock(net::asio::io_context& io) : io_(io), timers_(std::make_shared<TimerQueue>(io)) {}

Clock::~Clock() {
  timers_->close();
}

net::TimePoint Clock::now() const {
  return steady_now();
}

net::WallTime Clock::wall_now() const {
  return std::chrono::time_point_cast<net::Duration>(std::chrono::system_clock::now());
}

std::unique_ptr<net::Timer> Clock::make_timer() {
  return std::make_unique<Timer>(timers_);
}

net::Task<net::Status> Clock::sleep_until(net::TimePoint when) {
  Timer timer(timers_);
  net::Condition woken(io_.get_executor());
  bool is_due = false;
  timer.start(when, [&] {
    is_due = true;
    woken.notify_one();
  });
  while (!is_due) {
    if (const auto error = co_await woken.wait()) co_return error;
  }
  co_return net::Status{};
}

}  // namespace dispatch::os
