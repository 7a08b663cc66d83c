#include "sim/core/sim_clock.hpp"

#include "engine/net/condition.hpp"
#include "sim/core/event.hpp"
#include "sim/core/simulation.hpp"

#include <functional>
#include <utility>

namespace dispatch::sim {

class SimClock::SimTimer : public net::Timer {
 public:
  explicit SimTimer(SimClock& clock)
      : clock_(clock),
        position_(clock.timers_.insert(clock.timers_.end(), this)),
        event_(clock.simulation_, kLabel, [this] { expire(); }) {}
  ~SimTimer() override { clock_.timers_.erase(position_); }

  void start(net::TimePoint when, std::function<void()> expired) override {
    due_ = false;
    expired_ = std::move(expired);
    event_.schedule(when);
  }
  void stop() override {
    due_ = false;
    event_.cancel();
    expired_ = nullptr;
  }
  // After a thaw: what expired meanwhile expires now.
  void thawed() {
    if (std::exchange(due_, false)) event_.schedule(clock_.now());
  }

  net::Condition* sleeper = nullptr;  // of the task that sleeps by this timer, if one does

 private:
  static constexpr EventLabel kLabel{"timer"};

  void expire() {
    if (clock_.frozen_) {
      due_ = true;
      return;
    }
    // The call may start this timer anew, or destroy it.
    const auto call = std::exchange(expired_, nullptr);
    call();
  }

  SimClock& clock_;
  std::list<SimTimer*>::iterator position_;
  Event event_;
  bool due_ = false;
  std::function<void()> expired_;
};

net::TimePoint SimClock::now() const {
  return simulation_.now();
}

net::WallTime SimClock::wall_now() const {
  return simulation_.wall_now();
}

std::unique_ptr<net::Timer> SimClock::make_timer() {
  return std::make_unique<SimTimer>(*this);
}

net::Task<net::Status> SimClock::sleep_until(net::TimePoint when) {
  net::Condition awake(simulation_.executor());
  bool expired = false;
  SimTimer timer(*this);
  timer.sleeper = &awake;
  timer.start(when, [&] {
    expired = true;
    awake.notify_all();
  });
  while (!expired) {
    if (const auto error = co_await awake.wait()) co_return error;
  }
  co_return net::Status{};
}

void SimClock::set_frozen(bool frozen) {
  if (std::exchange(frozen_, frozen) == frozen || frozen) return;
  for (auto* timer : timers_) timer->thawed();
}

void SimClock::kill_all() {
  for (auto* timer : timers_) {
    timer->stop();
    // Asio destroys a task from the executor: the list does not change meanwhile.
    if (timer->sleeper != nullptr) timer->sleeper->drop_waiters();
  }
}

}  // namespace dispatch::sim
