#include "engine/os/clock.hpp"

#include "engine/net/condition.hpp"
#include "engine/os/event_loop.hpp"
#include "engine/os/steady_time.hpp"

#include <ctime>
#include <memory>
#include <utility>

namespace dispatch::os {
namespace {

class Timer final : public net::Timer {
 public:
  explicit Timer(TimerQueue& queue) : queue_(queue) {}

  void start(net::TimePoint when, std::function<void()> expired) override {
    entry_.unlink();
    entry_.when = when;
    entry_.expired = std::move(expired);
    if (when != net::kNever) queue_.add(entry_);
  }

  void stop() override {
    entry_.unlink();
    entry_.expired = nullptr;
  }

 private:
  TimerQueue& queue_;
  TimerQueue::Entry entry_;
};

}  // namespace

net::TimePoint Clock::now() const {
  return steady_now();
}

net::WallTime Clock::wall_now() const {
  return std::chrono::time_point_cast<net::Duration>(std::chrono::system_clock::now());
}

net::Duration Clock::utc_offset(net::WallTime time) const {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return {};
  return std::chrono::seconds(local.tm_gmtoff);
}

std::unique_ptr<net::Timer> Clock::make_timer() {
  return std::make_unique<Timer>(loop_.timers());
}

net::Task<net::Status> Clock::sleep_until(net::TimePoint when) {
  net::Condition due(loop_.executor());
  Timer timer(loop_.timers());
  timer.start(when, [&due] { due.notify_one(); });
  const auto status = co_await due.wait();
  co_return status;
}

}  // namespace dispatch::os
