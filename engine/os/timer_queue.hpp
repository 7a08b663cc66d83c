// All timers of an event loop, behind one of the kernel's.
#pragma once

#include "engine/net/time.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/set.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace dispatch::os {

// Most timers are time-outs that are stopped long before they are due, and a new one is due later
// than those that there are. The kernel hears of neither: it wakes the loop for the earliest timer
// that there was, and is told anew then.
class TimerQueue : public std::enable_shared_from_this<TimerQueue> {
 public:
  // One pending call. Belongs to whoever waits, and takes itself off the queue.
  struct Entry : boost::intrusive::set_base_hook<
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    net::TimePoint when;
    std::function<void()> expired;

    friend bool operator<(const Entry& a, const Entry& b) { return a.when < b.when; }
  };

  explicit TimerQueue(boost::asio::io_context& io) : alarm_(std::in_place, io.get_executor()) {}

  // `entry` is on no queue. Its call comes from the loop at `entry.when` or soon after, the earlier
  // ones first.
  void add(Entry& entry);

  // No call comes any more; the loop is about to end.
  void close();

 private:
  using Alarm =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;

  void set_alarm(net::TimePoint when);
  void call_due();

  boost::intrusive::multiset<Entry, boost::intrusive::constant_time_size<false>> entries_;
  std::optional<Alarm> alarm_;             // none once closed
  net::TimePoint alarm_at_ = net::kNever;  // kNever: it is not set
};

}  // namespace dispatch::os
