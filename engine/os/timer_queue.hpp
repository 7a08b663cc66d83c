// All timers of an event loop.
#pragma once

#include "engine/net/time.hpp"

#include <boost/intrusive/set.hpp>

#include <functional>

namespace dispatch::os {

// The kernel hears of the earliest one only, as the end of the loop's wait: setting and stopping a
// timer costs no system call.
class TimerQueue {
 public:
  // One pending call. Belongs to whoever waits, and takes itself off the queue.
  struct Entry : boost::intrusive::set_base_hook<
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    net::TimePoint when;
    std::function<void()> expired;

    friend bool operator<(const Entry& a, const Entry& b) { return a.when < b.when; }
  };

  // `entry` is on no queue. Its call comes from the loop at `entry.when` or soon after, the earlier
  // ones first.
  void add(Entry& entry) { entries_.insert(entry); }

  // When the first one is due; kNever: there is none.
  net::TimePoint next() const { return entries_.empty() ? net::kNever : entries_.begin()->when; }

  // Of the loop, in each round.
  void call_due();

 private:
  boost::intrusive::multiset<Entry, boost::intrusive::constant_time_size<false>> entries_;
};

}  // namespace dispatch::os
