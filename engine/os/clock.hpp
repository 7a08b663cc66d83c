// The kernel's clocks.
#pragma once

#include "engine/net/clock.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace dispatch::os {

class TimerQueue;

// CLOCK_MONOTONIC: it stands still while the machine sleeps.
class Clock final : public net::Clock {
 public:
  explicit Clock(net::asio::io_context& io);
  ~Clock() override;

  net::TimePoint now() const override;
  net::WallTime wall_now() const override;
  std::unique_ptr<net::Timer> make_timer() override;
  net::Task<net::Status> sleep_until(net::TimePoint when) override;

 private:
  net::asio::io_context& io_;
  std::shared_ptr<TimerQueue> timers_;  // timers may outlive this
};

}  // namespace dispatch::os
