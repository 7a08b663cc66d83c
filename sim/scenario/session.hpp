// A scenario at work that somebody else has the pace of: advanced to an instant or by an event,
// looked at and changed meanwhile. run() is a session from its beginning to its end.
#pragma once

#include "sim/scenario/run.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace dispatch::sim {
class Host;
class World;
}  // namespace dispatch::sim

namespace dispatch::scenario {

// Belongs to one thread at a time. Pausing changes nothing: a session that is advanced in many
// steps comes to what run() comes to.
class Session {
 public:
  // `scenario` is as run() takes it, and outlives the session. Throws as run() does.
  Session(const Scenario& scenario, RunOptions options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Duration now() const;
  // Nothing is left to be waited for (work, events, calls), or its time limit is reached.
  bool is_over() const;
  std::uint64_t events() const;

  // Runs everything up to and including `until`, or its time limit, whether or not there is work
  // left. Throws as run() does; after that the session can only be looked at. Interrupted: by
  // halt(), or because keep_going said no.
  void advance_to(Duration until);
  // As far as run() goes.
  void advance_to_end();
  // The next event of the simulation. False: there was none before the time limit.
  bool step();

  // Calls `call` at `at`, after all that happens at that instant, and outside of it: it may change
  // the world. Counts as work; never later than the time limit. std::invalid_argument: it has
  // passed.
  void call_at(Duration at, std::function<void()> call);

  // Does what the scenario's event does, now. `event` is one that load and check have found good
  // for this scenario; its times do not count. To be called outside of the simulation's events, or
  // by what runs as one.
  void apply(const EventSpec& event);
  // The same from within an event, as soon as that is over: before anything else that happens.
  void apply_soon(const EventSpec& event);

  // Whatever is being advanced ends with Interrupted, after the event under way.
  void halt();

  // Counts as work until the pair of a begin_work() is called: for programs of one's own.
  void begin_work();
  void end_work();

  // What there is to tell, as it stands; transfers under way count as failed.
  Result result() const;
  // The same at the end: a capture is closed. Once.
  Result finish();
  // Samples of now, by the scenario's names; none: there is none of that name.
  std::optional<LinkSample> link_now(std::string_view name) const;
  std::optional<WorkloadSample> workload_now(std::string_view name) const;

  // Destroys every coroutine that waits, with what it holds. For the end: what programs of one's
  // own refer to is destroyed after this and before the session.
  void drop_tasks();

  sim::World& world();
  const Scenario& scenario() const;
  // A machine ("client", or as the scenario calls it), a host, or of clients the one of that name;
  // null: there is none.
  sim::Host* host(std::string_view name);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dispatch::scenario
