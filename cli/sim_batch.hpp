// Many simulations, side by side on the processors of the machine.
#pragma once

#include "sim/report/outcome.hpp"
#include "sim/report/recording.hpp"
#include "sim/scenario/run.hpp"
#include "sim/scenario/scenario.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

// One of them.
struct BatchRun {
  const scenario::Scenario* scenario = nullptr;  // outlives the batch
  std::uint64_t seed = 1;
  std::string replay{};  // the command that runs it again
};

// Hears how a batch gets on. Its members are called one at a time, on any thread.
class BatchWatch {
 public:
  virtual ~BatchWatch() = default;
  virtual void began(std::size_t lane, std::size_t run) = 0;
  virtual void ended(std::size_t lane, std::size_t run, const report::Outcome& outcome) = 0;
  // Ten times a second: how far the run of each lane has come, in simulated time.
  virtual void tick(std::span<const scenario::Duration> now) = 0;
};

struct BatchOptions {
  unsigned lanes = 1;       // threads, at least one
  bool fail_fast = false;   // after the first that does not pass no other begins, or goes on
  bool many_seeds = false;  // what is expected sometimes need not hold in each run
  bool twice = false;       // each is run twice, and must come to the same
  scenario::Duration sample_interval = std::chrono::milliseconds(100);
  report::RecordingFiles files;  // of a batch of one run
  bool stories = false;          // Outcome::story is wanted

  net::LogLevel log_level = net::LogLevel::info;
  // As scenario::RunOptions::log; of several runs at once, from their threads.
  std::function<void(std::size_t run, scenario::Duration at, net::LogLevel level,
                     std::string_view line)>
      log;
  // Outcome::report, made on the thread of the run. None: it stays empty.
  std::function<std::string(const scenario::Result& result, double wall_seconds)> render;
  // What runs a scenario: tests put something else here.
  std::function<scenario::Result(const scenario::Scenario&, const scenario::RunOptions&)> simulate =
      scenario::run;
};

// The outcomes are in the order of `runs`, whatever the number of lanes. Throws what `render` does.
std::vector<report::Outcome> run_batch(std::span<const BatchRun> runs, const BatchOptions& options,
                                       BatchWatch* watch = nullptr);

// Of dispatch-sim: that of the gravest verdict.
int exit_status_of(report::Verdict verdict);

}  // namespace dispatch::cli
