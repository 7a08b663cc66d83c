// A scenario comes to life: the world, the real engine in it, its traffic, its faults.
#pragma once

#include "engine/net/log.hpp"
#include "sim/scenario/result.hpp"
#include "sim/scenario/scenario.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::link {
class Policy;
}  // namespace dispatch::link

namespace dispatch::scenario {

struct RunOptions {
  std::optional<std::uint64_t> seed;  // in place of the scenario's
  Duration sample_interval = std::chrono::milliseconds(100);

  // Hears every line of the engine's log of at least `log_level`, with the simulated time. It is
  // called on the thread that runs the scenario, and must not change the world.
  net::LogLevel log_level = net::LogLevel::info;
  std::function<void(Duration at, net::LogLevel level, std::string_view line)> log;

  // The packets of hosts' interfaces as a pcapng file, handed over in order as it comes to be;
  // called on the thread that runs the scenario, and what it throws ends the run. None: nothing is
  // captured.
  std::function<void(std::span<const std::byte>)> capture;
  // Which interfaces: links of the scenario, hosts, or HOST/eth0. None: all.
  std::vector<std::string> capture_of;

  // Whether each TCP connection of each host is sampled, too.
  bool flows = false;

  // In place of the policy of every engine; what it makes is used on the thread that runs the
  // scenario. None: as the scenario has it.
  std::function<std::unique_ptr<link::Policy>()> policy;

  // Hears what happens, as lines of JSON: see docs/observing.md. None: nobody does.
  std::function<void(std::string_view line)> event;

  // Hears of every event and packet, as lines of JSON: long, and for finding where two runs part.
  std::function<void(std::string_view line)> trail;

  // Asked before the first event and then at least every few thousand events (not counted in
  // simulated time: a run may be slow) whether to go on. False ends the run with Interrupted. It is
  // called on the thread that runs the scenario, and must not throw. None: the run goes on.
  std::function<bool()> keep_going;

  // Hears, as often as keep_going is asked, how far the run has come: for people who wait. It is
  // called on the thread that runs the scenario, and must not throw.
  std::function<void(Duration now)> progress;
};

// RunOptions::keep_going said no.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Runs it to its end: when all workloads are done and all events have passed, or at its duration.
// The same scenario, seed and sample interval give the same result. Any number may run at once, on
// as many threads.
//
// Throws ScenarioError where the scenario cannot be run as it is, net::ConfigError where the engine
// refuses its options, and std::runtime_error for a fault of the engine or the simulator.
Result run(const Scenario& scenario, const RunOptions& options = {});

}  // namespace dispatch::scenario
