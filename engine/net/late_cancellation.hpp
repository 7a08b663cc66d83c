// What cancels a task while it tidies up.
#pragma once

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace dispatch::net {

// A task is cancelled once. It must neither stop tidying up for it, nor forget that it came:
//
//     LateCancellation late(co_await asio::this_coro::cancellation_state);
//     co_await asio::this_coro::reset_cancellation_state(late.filter());
//     ... what must be done to its end
//     co_await asio::this_coro::reset_cancellation_state();
//     late.throw_if_any();
class LateCancellation {
 public:
  explicit LateCancellation(const boost::asio::cancellation_state& before)
      : came_(before.cancelled() != boost::asio::cancellation_type::none) {}
  LateCancellation(const LateCancellation&) = delete;
  LateCancellation& operator=(const LateCancellation&) = delete;

  // Remembers, and lets nothing pass.
  auto filter() {
    return [this](boost::asio::cancellation_type type) {
      came_ = came_ || type != boost::asio::cancellation_type::none;
      return boost::asio::cancellation_type::none;
    };
  }
  bool has_come() const { return came_; }
  void throw_if_any() const {
    if (came_) throw boost::system::system_error(boost::asio::error::operation_aborted);
  }

 private:
  bool came_;
};

}  // namespace dispatch::net
