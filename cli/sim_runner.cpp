#include "cli/sim_runner.hpp"

#include "cli/console.hpp"
#include "cli/exit_status.hpp"
#include "cli/sim_batch.hpp"
#include "cli/sim_progress.hpp"
#include "sim/report/batch_json.hpp"
#include "sim/report/batch_text.hpp"
#include "sim/report/json.hpp"
#include "sim/report/junit.hpp"
#include "sim/report/output_file.hpp"
#include "sim/report/page.hpp"
#include "sim/report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

namespace dispatch::cli {
namespace {

using report::Outcome;
using report::ScenarioOutcomes;
using report::Verdict;

class Runner {
 public:
  Runner(const std::vector<scenario::Scenario>& scenarios, const SimArguments& arguments)
      : scenarios_(scenarios), arguments_(arguments) {
    for (const auto& scenario : scenarios) {
      const auto seeds = seeds_of(scenario);
      many_seeds_ = many_seeds_ || seeds.size() > 1;
      runs_each_.push_back(seeds.size());
      const auto replay = replay_arguments(arguments, scenario.source);
      for (const auto seed : seeds) {
        runs_.push_back({&scenario, seed, fmt::format("dispatch-sim --seed {}{}", seed, replay)});
      }
    }
    check_recordings();
    if (!arguments.report.empty()) page_.emplace(arguments.report);
  }

  int run() {
    const auto begin = std::chrono::steady_clock::now();
    const auto options = batch_options();
    std::vector<Outcome> outcomes;
    {
      Progress progress(style(), runs_);
      outcomes = run_batch(runs_, options, &progress);
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    gather(outcomes);
    write_junit();
    write_page();
    say_messages();
    if (arguments_.json) {
      write_json();
    } else {
      write_text(wall.count());
    }
    int status = kSuccess;
    for (const auto& each : outcomes_) {
      status = std::max(status, exit_status_of(report::verdict_of(each)));
    }
    return status;
  }

 private:
  std::vector<std::uint64_t> seeds_of(const scenario::Scenario& scenario) const {
    if (!arguments_.seeds.empty()) return scenario::seeds_in(arguments_.seeds);
    if (!scenario.seeds.empty()) return scenario::seeds_in(scenario.seeds);
    return {scenario.seed};
  }

  void check_recordings() const {
    const auto& files = arguments_.files_written;
    const auto check = [&](std::string_view option, const std::string& path) {
      if (path.empty() || (runs_.size() == 1 && !arguments_.twice)) return;
      throw UsageError(scenarios_.size() > 1
                           ? fmt::format("{} takes one scenario at a time", option)
                           : fmt::format("{} takes one run: write --seed N", option));
    };
    check("--pcap", files.pcap);
    check("--events", files.events);
    check("--series", files.series);
    check("--trail", files.trail);
    if (!arguments_.report.empty() && runs_.size() > report::kPageRunsMax) {
      throw UsageError(fmt::format("--report takes {} runs at most, not {}: choose some of them",
                                   report::kPageRunsMax, runs_.size()));
    }
  }

  bool is_single() const { return runs_.size() == 1; }
  bool shows_reports() const {
    return (is_single() && arguments_.verbosity == Verbosity::normal) ||
           arguments_.verbosity == Verbosity::all;
  }

  ProgressStyle style() const {
    const bool quiet = arguments_.verbosity == Verbosity::nothing || arguments_.log.has_value();
    return quiet || !arguments_.progress ? ProgressStyle::none : progress_style();
  }

  BatchOptions batch_options() const {
    BatchOptions options;
    options.lanes =
        arguments_.jobs != 0 ? arguments_.jobs : std::max(1u, std::thread::hardware_concurrency());
    options.fail_fast = arguments_.fail_fast;
    options.many_seeds = many_seeds_;
    options.twice = arguments_.twice;
    options.files = arguments_.files_written;
    options.stories = page_.has_value();
    if (arguments_.interval) options.sample_interval = *arguments_.interval;
    if (arguments_.log) {
      options.log_level = *arguments_.log;
      options.log = [this](std::size_t run, scenario::Duration at, net::LogLevel level,
                           std::string_view line) {
        const double seconds = std::chrono::duration<double>(at).count();
        const auto whose =
            is_single() ? ""
                        : fmt::format("{} seed {}: ", runs_[run].scenario->source, runs_[run].seed);
        say_line(fmt::format("{}{:12.6f} {:<7} {}", whose, seconds, net::to_string(level), line));
      };
    }
    const bool wants_json = arguments_.json && !many_seeds_;
    if (wants_json) {
      options.render = [](const scenario::Result& result, double wall) {
        return report::json(result, wall) + "\n";
      };
    } else if (!arguments_.json && shows_reports()) {
      options.render = report::text;
    }
    return options;
  }

  void gather(std::vector<Outcome>& outcomes) {
    auto next = outcomes.begin();
    for (std::size_t i = 0; i < scenarios_.size(); ++i) {
      ScenarioOutcomes each;
      each.name = scenarios_[i].name;
      each.source = scenarios_[i].source;
      each.replay = replay_arguments(arguments_, each.source);
      const auto end = next + static_cast<std::ptrdiff_t>(runs_each_[i]);
      each.runs.assign(std::make_move_iterator(next), std::make_move_iterator(end));
      next = end;
      outcomes_.push_back(std::move(each));
    }
  }

  void write_junit() const {
    if (arguments_.junit.empty()) return;
    report::OutputFile file(arguments_.junit);
    file.write(report::junit(outcomes_));
    file.close();
  }

  // Of the runs that have one.
  void write_page() {
    if (!page_) return;
    std::vector<std::string> stories;
    for (const auto& scenario : outcomes_) {
      for (const auto& run : scenario.runs) {
        if (!run.story.empty()) stories.push_back(run.story);
      }
    }
    if (stories.empty()) {
      page_->write("<!DOCTYPE html><title>dispatch-sim</title><p>No run came to its end.\n");
    } else {
      page_->write(report::page(stories));
    }
    page_->close();
  }

  // Of runs without an outcome.
  void say_messages() const {
    constexpr std::size_t kMost = 20;
    std::size_t said = 0;
    for (const auto& scenario : outcomes_) {
      for (const auto& run : scenario.runs) {
        if (!run.message.empty() && ++said <= kMost) say_line(run.message);
      }
    }
    if (said > kMost) say_line(fmt::format("and {} more", said - kMost));
  }

  void write_json() const {
    for (const auto& scenario : outcomes_) {
      if (many_seeds_) {
        print(report::batch_json(scenario) + "\n");
        continue;
      }
      for (const auto& run : scenario.runs) print(run.report);
    }
  }

  void write_text(double wall_seconds) const {
    if (arguments_.verbosity == Verbosity::nothing) return;
    std::vector<std::string> parts;
    for (const auto& scenario : outcomes_) {
      for (const auto& run : scenario.runs) {
        if (!run.report.empty()) parts.push_back(run.report);
      }
    }
    const bool told = is_single() && !parts.empty();
    for (const auto& scenario : outcomes_) {
      const bool statistics = scenario.runs.size() > 1 && arguments_.verbosity >= Verbosity::normal;
      if (statistics) parts.push_back(report::seeds_table(scenario));
      if (!told) parts.push_back(report::batch_failures(scenario));
    }
    if (!is_single()) parts.push_back(report::batch_table(outcomes_, wall_seconds));
    std::erase(parts, "");
    for (std::size_t i = 0; i < parts.size(); ++i) print((i == 0 ? "" : "\n") + parts[i]);
  }

  const std::vector<scenario::Scenario>& scenarios_;
  const SimArguments& arguments_;
  std::vector<BatchRun> runs_;
  std::vector<std::size_t> runs_each_;  // of the scenarios
  bool many_seeds_ = false;
  std::vector<ScenarioOutcomes> outcomes_;
  std::optional<report::OutputFile> page_;
};

}  // namespace

void say_line(std::string line) {
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::fputs((line + "\n").c_str(), stderr);
}

int run_scenarios(const std::vector<scenario::Scenario>& scenarios, const SimArguments& arguments) {
  return Runner(scenarios, arguments).run();
}

}  // namespace dispatch::cli
