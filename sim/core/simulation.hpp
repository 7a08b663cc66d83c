// One simulated run: virtual time, what is to happen in it, and its chance.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/log.hpp"
#include "engine/net/time.hpp"
#include "sim/core/event.hpp"
#include "sim/core/event_hash.hpp"
#include "sim/core/event_queue.hpp"
#include "sim/core/random.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::sim {

// What ends a run that would not end by itself.
struct Limits {
  net::TimePoint time = net::kNever;  // virtual
  std::uint64_t events = UINT64_MAX;
  // Events and coroutine steps while the time stands still: beyond this it is a livelock.
  std::uint64_t events_per_instant = 10'000'000;
};

// A limit was passed; what() says which, when, and how to go on from there.
class LimitError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Where log lines go: virtual time, the host's name, level, line.
using LogSink =
    std::function<void(net::TimePoint, std::string_view, net::LogLevel, std::string_view)>;

// An object without globals: N simulations run on N threads, each on one. Time begins at 0.
//
// Coroutines of all hosts run on one Asio context that is never run in real time. The loop is: run
// every coroutine that is ready, first in first out; take the next event; advance the time to it;
// run it. An exception that leaves an event or a coroutine leaves run().
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed, Limits limits = {});
  // Coroutines that are still waiting are destroyed (drop_tasks).
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  std::uint64_t seed() const { return seed_; }
  net::TimePoint now() const { return now_; }
  // The calendar's time at the origin is 2000-01-01 00:00:00 UTC.
  net::WallTime wall_now() const;
  net::asio::any_io_executor executor();

  // The random stream of that name, for example "link/client/wifi/down/loss". The same name is the
  // same stream; the reference holds as long as the simulation.
  Random& random(std::string_view name);

  EventHash& hash() { return hash_; }
  // The fingerprint of the run so far.
  std::string hash_text() const { return hash_.text(); }

  // Calls `happens` once. Without an allocation in the steady state if it fits a Callback.
  void at(net::TimePoint when, Callback happens);
  void after(net::Duration delay, Callback happens) { at(now_ + delay, std::move(happens)); }

  // Runs `task` as a coroutine of nobody's host. An exception that ends it leaves run().
  void spawn(net::Task<void> task);

  // Runs until nothing is left to happen, or stop(). Throws LimitError.
  void run();
  // Runs all that happens up to and including `end`; the time is then `end`, unless stop() came
  // first. Throws LimitError.
  void run_until(net::TimePoint end);
  void run_for(net::Duration span) { run_until(now_ + span); }
  // Runs what is ready now and then one event: false where there was none.
  bool step();
  // Calls `look` every few thousand events, outside of them, so that a run that is long in real
  // time can be ended: by an exception, which leaves run(). It must not touch the simulation.
  void watch(std::function<void()> look) { look_ = std::move(look); }
  // Calls `look` before each event; an empty one ends that. It must not touch the simulation.
  void observe_steps(std::function<void(EventLabel)> look) { step_observer_ = std::move(look); }
  // From within: run() and run_until() return after the current event.
  void stop() { stopped_ = true; }

  // Events and coroutine steps so far.
  std::uint64_t events() const { return events_; }
  // When the next event is due: now, where a coroutine is ready to run; kNever: there is none.
  net::TimePoint next_event() const;
  std::size_t pending_events() const { return queue_.size(); }

  // Destroys every coroutine that waits, with what it holds, without resuming it. For the end:
  // whoever owns what coroutines refer to (World) calls this before it destroys that.
  void drop_tasks();

  void set_log_sink(LogSink sink) { log_sink_ = std::move(sink); }
  const LogSink& log_sink() const { return log_sink_; }

 private:
  friend class Event;
  class Context;
  struct OneShot;

  void run_ready();
  void count_step();
  void run_event(Event& event);
  void check_limits(net::TimePoint next);
  [[noreturn]] void livelock() const;

  std::uint64_t seed_;
  Limits limits_;
  net::TimePoint now_{};
  bool stopped_ = false;
  std::uint64_t events_ = 0;
  std::uint64_t instant_began_at_ = 0;  // events_ when the time last advanced
  std::uint64_t next_look_ = 0;         // in events_
  std::function<void()> look_;
  std::function<void(EventLabel)> step_observer_;
  EventHash hash_;
  EventQueue queue_;
  std::map<std::string, Random, std::less<>> randoms_;
  std::deque<OneShot> one_shots_;
  std::vector<OneShot*> idle_one_shots_;
  LogSink log_sink_;
  std::unique_ptr<Context> context_;
};

}  // namespace dispatch::sim
