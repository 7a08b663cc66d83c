#include "engine/os/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace dispatch::os {
namespace {

using SteadyClock = std::chrono::steady_clock;
using SteadyTimer =
    net::asio::basic_waitable_timer<SteadyClock, net::asio::wait_traits<SteadyClock>,
                                    net::asio::io_context::executor_type>;

SteadyClock::time_point steady(net::TimePoint when) {
  return SteadyClock::time_point(
      std::chrono::duration_cast<SteadyClock::duration>(when.time_since_epoch()));
}

class Timer final : public net::Timer {
 public:
  explicit Timer(net::asio::io_context& io) : state_(std::make_shared<State>(io)) {}
  ~Timer() override { stop(); }

  void start(net::TimePoint when, std::function<void()> expired) override {
    state_->timer.expires_at(steady(when));  // cancels a wait that is pending
    state_->expired = std::move(expired);
    // A wait that has already been completed can no longer be cancelled: its number tells.
    state_->timer.async_wait([state = state_, number = ++state_->number](net::Error error) {
      if (error || number != state->number) return;
      // The call may start or destroy this timer.
      const auto call = std::exchange(state->expired, nullptr);
      call();
    });
  }

  void stop() override {
    ++state_->number;
    state_->expired = nullptr;
    state_->timer.cancel();
  }

 private:
  struct State {
    explicit State(net::asio::io_context& io) : timer(io.get_executor()) {}
    SteadyTimer timer;
    std::function<void()> expired;
    std::uint64_t number = 0;
  };
  std::shared_ptr<State> state_;
};

}  // namespace

net::TimePoint Clock::now() const {
  return net::TimePoint(SteadyClock::now().time_since_epoch());
}

net::WallTime Clock::wall_now() const {
  return std::chrono::time_point_cast<net::Duration>(std::chrono::system_clock::now());
}

std::unique_ptr<net::Timer> Clock::make_timer() {
  return std::make_unique<Timer>(io_);
}

net::Task<net::Status> Clock::sleep_until(net::TimePoint when) {
  SteadyTimer timer(io_.get_executor(), steady(when));
  const auto [error] = co_await timer.async_wait(net::asio::as_tuple(net::asio::use_awaitable));
  co_return error;
}

}  // namespace dispatch::os
