#include "sim/report/batch_text.hpp"

#include "sim/report/columns.hpp"
#include "sim/report/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::report {
namespace {

using scenario::Quantity;
using scenario::rounded;

constexpr std::size_t kShown = 10;  // failing runs of one expectation
constexpr std::size_t kNameWidth = 44;

std::string shortened(const std::string& text) {
  if (text.size() <= kNameWidth) return text;
  return fmt::format("{}...", std::string_view(text).substr(0, kNameWidth - 3));
}

std::string title_of(const ScenarioOutcomes& scenario) {
  return scenario.name.empty() ? scenario.source : scenario.name;
}

double seconds_of(const ScenarioOutcomes& scenario) {
  double seconds = 0;
  for (const auto& run : scenario.runs) seconds += run.wall_seconds;
  return seconds;
}

std::string seeds_of(const std::vector<const Outcome*>& runs, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(runs.size(), most); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", runs[i]->seed);
  }
  if (runs.size() > most) text += fmt::format(" and {} more", runs.size() - most);
  return text;
}

std::string failed_expectation(const ScenarioOutcomes& scenario, const ExpectationTally& tally,
                               std::size_t index) {
  auto text = fmt::format("  FAIL  {}\n", tally.text);
  const bool many = scenario.runs.size() > 1;
  if (many) {
    text += fmt::format("        {} of {} seeds: {}\n", tally.failed.size(),
                        tally.failed.size() + tally.passed, seeds_of(tally.failed, kShown));
  }
  for (std::size_t i = 0; i < std::min(tally.failed.size(), kShown); ++i) {
    const auto& run = *tally.failed[i];
    text += fmt::format("        {}{}{}\n", many ? fmt::format("seed {}: ", run.seed) : "",
                        scenario::place_of(scenario.source, tally.position),
                        run.expectations[index].reason);
    text += fmt::format("        $ {}\n", replay_command(scenario, run.seed));
  }
  return text;
}

}  // namespace

std::string batch_table(std::span<const ScenarioOutcomes> scenarios, double wall_seconds) {
  std::vector<std::vector<std::string>> rows{{"scenario", "", "runs", "failed", "time"}};
  std::size_t runs = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  for (const auto& scenario : scenarios) {
    const auto passed = count_of(scenario, Verdict::passed);
    const auto left_out = count_of(scenario, Verdict::skipped);
    const auto made = scenario.runs.size() - left_out;
    rows.push_back({shortened(title_of(scenario)), std::string(to_string(verdict_of(scenario))),
                    std::to_string(made), std::to_string(made - passed),
                    fmt::format("{:.2f} s", seconds_of(scenario))});
    runs += made;
    failed += made - passed;
    skipped += left_out;
  }
  return columns(rows) +
         fmt::format("\n  {} of {} runs passed{} in {:.3g} s\n", runs - failed, runs,
                     skipped == 0 ? "" : fmt::format(", {} skipped,", skipped), wall_seconds);
}

std::string batch_failures(const ScenarioOutcomes& scenario) {
  std::string text;
  const auto tallies = tallies_of(scenario);
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    if (!tallies[i].held) text += failed_expectation(scenario, tallies[i], i);
  }
  std::size_t shown = 0;
  for (const auto& run : scenario.runs) {
    if (run.message.empty() || ++shown > kShown) continue;
    text += fmt::format("  {}  {}\n        $ {}\n", to_string(run.verdict), run.message,
                        replay_command(scenario, run.seed));
  }
  return text.empty() ? text : title_of(scenario) + "\n" + text;
}

std::string seeds_table(const ScenarioOutcomes& scenario) {
  std::vector<const Outcome*> made;
  for (const auto& run : scenario.runs) {
    if (!run.figures.empty()) made.push_back(&run);
  }
  if (made.empty()) return "";
  const auto passed = count_of(scenario, Verdict::passed);
  const auto sure = proportion_confidence(passed, made.size());
  auto text = fmt::format(
      "{}\n\n  {} of {} seeds passed: {:.1f} %, with 95 % confidence {:.1f} % to {:.1f} %\n\n",
      title_of(scenario), passed, made.size(),
      100.0 * static_cast<double>(passed) / static_cast<double>(made.size()), 100 * sure.from,
      100 * sure.to);
  std::vector<std::vector<std::string>> rows{
      {"figure", "median", "95 % confidence", "p5", "p95", "min", "max"}};
  std::string same;
  for (std::size_t i = 0; i < made.front()->figures.size(); ++i) {
    const auto& figure = made.front()->figures[i];
    std::vector<std::uint64_t> values;
    for (const auto* run : made) {
      if (run->figures[i].value) values.push_back(*run->figures[i].value);
    }
    const auto summary = summary_of(std::move(values));
    if (!summary) continue;
    const auto shown = [&](std::uint64_t value) { return rounded(Quantity{figure.kind, value}); };
    if (summary->min == summary->max && summary->count > 1) {
      same += fmt::format("{}{} {}", same.empty() ? "" : ", ", figure.name, shown(summary->min));
      continue;
    }
    const auto& sure_median = summary->median_confidence;
    rows.push_back({figure.name, shown(summary->median),
                    sure_median ? shown(sure_median->from) + " to " + shown(sure_median->to) : "-",
                    shown(summary->p5), shown(summary->p95), shown(summary->min),
                    shown(summary->max)});
  }
  if (rows.size() > 1) text += columns(rows);
  if (!same.empty()) text += fmt::format("\n  the same for all: {}\n", same);
  return text;
}

}  // namespace dispatch::report
