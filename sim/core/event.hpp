// Something that happens at a time, again and again if need be.
#pragma once

#include "engine/net/callback.hpp"
#include "engine/net/time.hpp"
#include "sim/core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dispatch::sim {

using Callback = net::Callback<>;

class EventQueue;
class Simulation;

// What the event hash knows of an event: the hash of a name that does not change from run to run.
struct EventLabel {
  explicit constexpr EventLabel(std::string_view name) : value(hash_of(name)) {}
  explicit constexpr EventLabel(std::uint64_t number) : value(number) {}
  std::uint64_t value;
};

// An entry of the event queue that its user owns: scheduling it allocates nothing, destroying it
// cancels it. At most one time is pending.
class Event {
 public:
  Event(Simulation& simulation, EventLabel label, Callback happens);
  ~Event() { cancel(); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // At `when`, or as soon as possible if that has passed; kNever cancels. Replaces what is pending.
  void schedule(net::TimePoint when);
  void cancel();

  bool pending() const { return position_ != kIdle; }
  // kNever where nothing is pending.
  net::TimePoint when() const { return when_; }
  Simulation& simulation() const { return *simulation_; }

 private:
  friend class EventQueue;
  friend class Simulation;
  static constexpr std::size_t kIdle = static_cast<std::size_t>(-1);

  Simulation* simulation_;
  EventLabel label_;
  net::TimePoint when_ = net::kNever;
  std::size_t position_ = kIdle;  // in the queue's heap
  Callback happens_;
};

}  // namespace dispatch::sim
