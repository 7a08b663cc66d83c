#include "sim/scenario/watched_transfer.hpp"

#include "engine/net/task_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace dispatch::scenario {
namespace {

using net::Task;
using traffic::TransferOptions;
using traffic::TransferResult;

constexpr int kLooksPerTimeout = 20;

// Cancels the tasks of a group once a counter has stood still for too long.
class Watchdog {
 public:
  Watchdog(net::Clock& clock, const net::ByteCounter& counter, net::TaskGroup& group,
           Duration timeout)
      : clock_(clock),
        counter_(counter),
        group_(group),
        timeout_(timeout),
        timer_(clock.make_timer()),
        moved_(clock.now()) {
    wait();
  }

  bool barked() const { return barked_; }
  void stop() { timer_->stop(); }

 private:
  void wait() {
    const auto interval = std::max(timeout_ / kLooksPerTimeout, Duration(1));
    timer_->start(std::min(clock_.now() + interval, moved_ + timeout_), [this] { look(); });
  }

  void look() {
    if (counter_.total() != seen_) {
      seen_ = counter_.total();
      moved_ = clock_.now();
    }
    if (clock_.now() - moved_ < timeout_) return wait();
    barked_ = true;
    group_.cancel();
  }

  net::Clock& clock_;
  const net::ByteCounter& counter_;
  net::TaskGroup& group_;
  Duration timeout_;
  std::unique_ptr<net::Timer> timer_;
  net::TimePoint moved_;
  std::uint64_t seen_ = 0;
  bool barked_ = false;
};

Task<void> keep(net::Runtime& runtime, TransferOptions options, TransferResult& result) {
  result = co_await traffic::transfer(runtime, std::move(options));
}

}  // namespace

Task<TransferResult> watched_transfer(net::Runtime& runtime, TransferOptions options,
                                      Duration stall_timeout) {
  if (stall_timeout == Duration::max()) {
    co_return co_await traffic::transfer(runtime, std::move(options));
  }
  net::ByteCounter moved(options.progress);
  options.progress = &moved;
  TransferResult result;
  std::exception_ptr bug;
  net::TaskGroup group(runtime.executor(),
                       [&bug](std::exception_ptr exception) { bug = exception; });
  group.spawn(keep(runtime, std::move(options), result));
  Watchdog watchdog(runtime.clock(), moved, group, stall_timeout);
  co_await group.idle();
  watchdog.stop();
  if (bug) std::rethrow_exception(bug);
  if (watchdog.barked() && result.error) {
    result.error = net::asio::error::timed_out;
    result.failure = result.connected ? fmt::format("no byte for {}, at {}", rounded(stall_timeout),
                                                    rounded(Bytes{result.bytes}))
                                      : fmt::format("the origin was not reached within {}",
                                                    rounded(stall_timeout));
  }
  co_return result;
}

}  // namespace dispatch::scenario
