#include "cli/sim_batch.hpp"

#include "cli/exit_status.hpp"
#include "engine/net/config_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace dispatch::cli {
namespace {

using report::Outcome;
using report::Verdict;
using scenario::Duration;
using Clock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::milliseconds(100);

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

class Batch {
 public:
  Batch(std::span<const BatchRun> runs, const BatchOptions& options, BatchWatch* watch)
      : runs_(runs),
        options_(options),
        watch_(watch),
        outcomes_(runs.size()),
        now_(std::max<std::size_t>(1, std::min<std::size_t>(options.lanes, runs.size()))) {}

  std::vector<Outcome> run() {
    for (std::size_t i = 0; i < runs_.size(); ++i) outcomes_[i].seed = runs_[i].seed;
    {
      std::vector<std::jthread> threads;
      for (std::size_t lane = 0; lane < now_.size(); ++lane) {
        threads.emplace_back([this, lane] { work(lane); });
      }
      wait();
    }
    if (broken_) std::rethrow_exception(broken_);
    return std::move(outcomes_);
  }

 private:
  void wait() {
    std::unique_lock lock(changing_);
    while (finished_ < now_.size()) {
      lane_finished_.wait_for(lock, kTick);
      if (watch_ == nullptr) continue;
      std::vector<Duration> now;
      for (const auto& each : now_) now.emplace_back(each.load(std::memory_order_relaxed));
      watch_->tick(now);
    }
  }

  void work(std::size_t lane) {
    for (;;) {
      const auto run = next_.fetch_add(1);
      if (run >= runs_.size() || stopping_) break;
      now_[lane] = 0;
      if (watch_ != nullptr) {
        const std::scoped_lock lock(changing_);
        watch_->began(lane, run);
      }
      try {
        make(lane, run);
      } catch (...) {  // what it came to cannot be told
        const std::scoped_lock lock(changing_);
        if (!broken_) broken_ = std::current_exception();
        stopping_ = true;
      }
      if (options_.fail_fast && outcomes_[run].verdict != Verdict::passed) stopping_ = true;
      const std::scoped_lock lock(changing_);
      if (watch_ != nullptr) watch_->ended(lane, run, outcomes_[run]);
    }
    const std::scoped_lock lock(changing_);
    ++finished_;
    lane_finished_.notify_one();
  }

  scenario::RunOptions options_for(std::size_t lane, std::size_t run) {
    scenario::RunOptions options;
    options.seed = runs_[run].seed;
    options.sample_interval = options_.sample_interval;
    options.log_level = options_.log_level;
    if (options_.log) {
      options.log = [this, run](Duration at, net::LogLevel level, std::string_view line) {
        options_.log(run, at, level, line);
      };
    }
    options.keep_going = [this] { return !stopping_; };
    options.progress = [this, lane](Duration now) {
      now_[lane].store(now.count(), std::memory_order_relaxed);
    };
    return options;
  }

  void make(std::size_t lane, std::size_t run) {
    const auto& scenario = *runs_[run].scenario;
    auto& outcome = outcomes_[run];
    const auto begin = Clock::now();
    try {
      simulate(lane, run, outcome);
    } catch (const scenario::Interrupted&) {
      outcome.verdict = Verdict::skipped;
    } catch (const net::ConfigError& error) {
      outcome.verdict = Verdict::refused;
      outcome.message = error.what();
    } catch (const std::exception& error) {
      outcome.verdict = Verdict::fault;
      outcome.message = fmt::format("{}: engine fault with seed {}: {}", scenario.source,
                                    runs_[run].seed, error.what());
    }
    outcome.wall_seconds = seconds_since(begin);
  }

  void simulate(std::size_t lane, std::size_t run, Outcome& outcome) {
    const auto& scenario = *runs_[run].scenario;
    const auto begin = Clock::now();
    auto options = options_for(lane, run);
    report::Recording recording(options_.files);
    recording.attach(options);
    report::Story story;
    if (options_.stories) story.attach(options);
    const auto result = options_.simulate(scenario, options);
    const auto wall = seconds_since(begin);
    recording.close(result, wall);
    if (options_.stories) outcome.story = story.json(result, wall, runs_[run].replay);
    if (options_.render) outcome.report = options_.render(result, seconds_since(begin));
    outcome.expectations = result.expectations;
    outcome.figures = report::figures_of(result);
    outcome.event_hash = result.event_hash;
    outcome.end = result.end;
    outcome.verdict = Verdict::passed;
    for (const auto& each : result.expectations) {
      const bool may_fail = each.sometimes && options_.many_seeds;
      if (!each.passed && !may_fail) outcome.verdict = Verdict::failed;
    }
    if (!options_.twice) return;
    const auto again = options_.simulate(scenario, options_for(lane, run));
    if (again.event_hash == result.event_hash && again.events == result.events) return;
    outcome.verdict = Verdict::not_deterministic;
    outcome.message = fmt::format(
        "{}: two runs with seed {} differ: event hash {} after {} events, then {} after {}; write "
        "both with --trail, and --diverge finds the first difference",
        scenario.source, outcome.seed, scenario::hash_text(result.event_hash), result.events,
        scenario::hash_text(again.event_hash), again.events);
  }

  std::span<const BatchRun> runs_;
  const BatchOptions& options_;
  BatchWatch* watch_;
  std::vector<Outcome> outcomes_;
  std::vector<std::atomic<Duration::rep>> now_;  // of the lanes
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex changing_;  // guards what follows, and the watch
  std::condition_variable lane_finished_;
  std::size_t finished_ = 0;
  std::exception_ptr broken_;
};

}  // namespace

std::vector<Outcome> run_batch(std::span<const BatchRun> runs, const BatchOptions& options,
                               BatchWatch* watch) {
  return Batch(runs, options, watch).run();
}

int exit_status_of(Verdict verdict) {
  constexpr int kExpectationFailed = 1;
  constexpr int kNotDeterministic = 3;
  constexpr int kEngineFault = 4;
  switch (verdict) {
    case Verdict::failed:
      return kExpectationFailed;
    case Verdict::refused:
      return kUsage;
    case Verdict::not_deterministic:
      return kNotDeterministic;
    case Verdict::fault:
      return kEngineFault;
    default:
      return kSuccess;
  }
}

}  // namespace dispatch::cli
