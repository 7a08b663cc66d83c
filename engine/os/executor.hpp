// Where work for an event loop is handed in.
#pragma once

#include <boost/asio/execution/executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <type_traits>
#include <utility>

namespace dispatch::os {

class EventLoop;
// What was handed in by another thread than the loop's.
void wake_if_elsewhere(EventLoop& loop);

// The executor of an io_context which is only polled, by an EventLoop: that one must be woken for
// work that comes from another thread.
template <typename Inner>
class BasicExecutor {
 public:
  BasicExecutor(EventLoop& loop, Inner inner) : loop_(&loop), inner_(std::move(inner)) {}

  template <typename Property>
  requires boost::asio::can_query<const Inner&, Property>::value decltype(auto) query(
      const Property& property) const {
    return boost::asio::query(inner_, property);
  }

  template <typename Property>
  requires boost::asio::can_require<const Inner&, Property>::value auto require(
      const Property& property) const {
    auto required = boost::asio::require(inner_, property);
    return BasicExecutor<std::decay_t<decltype(required)>>(*loop_, std::move(required));
  }

  template <typename Function>
  void execute(Function&& function) const {
    inner_.execute(std::forward<Function>(function));
    wake_if_elsewhere(*loop_);
  }

  friend bool operator==(const BasicExecutor& a, const BasicExecutor& b) noexcept {
    return a.loop_ == b.loop_ && a.inner_ == b.inner_;
  }
  friend bool operator!=(const BasicExecutor& a, const BasicExecutor& b) noexcept {
    return !(a == b);
  }

 private:
  EventLoop* loop_;
  Inner inner_;
};

using Executor = BasicExecutor<boost::asio::io_context::executor_type>;

}  // namespace dispatch::os
