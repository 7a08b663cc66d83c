// The kernel's clocks.
#pragma once

#include "engine/net/clock.hpp"

#include <memory>

namespace dispatch::os {

class EventLoop;

// CLOCK_MONOTONIC: it stands still while the machine sleeps.
class Clock final : public net::Clock {
 public:
  explicit Clock(EventLoop& loop) : loop_(loop) {}

  net::TimePoint now() const override;
  net::WallTime wall_now() const override;
  net::Duration utc_offset(net::WallTime time) const override;
  std::unique_ptr<net::Timer> make_timer() override;
  net::Task<net::Status> sleep_until(net::TimePoint when) override;

 private:
  EventLoop& loop_;
};

}  // namespace dispatch::os
