#include "sim/report/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::report {
namespace {

// The graver the greater.
int gravity(Verdict verdict) {
  switch (verdict) {
    case Verdict::skipped:
      return 0;
    case Verdict::passed:
      return 1;
    case Verdict::failed:
      return 2;
    case Verdict::refused:
      return 3;
    case Verdict::not_deterministic:
      return 4;
    case Verdict::fault:
      break;
  }
  return 5;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "pass";
    case Verdict::failed:
      return "FAIL";
    case Verdict::refused:
      return "BAD";
    case Verdict::not_deterministic:
      return "DIFFERS";
    case Verdict::fault:
      return "FAULT";
    case Verdict::skipped:
      break;
  }
  return "skip";
}

std::vector<ExpectationTally> tallies_of(const ScenarioOutcomes& scenario) {
  std::vector<ExpectationTally> tallies;
  for (const auto& run : scenario.runs) {
    for (std::size_t i = 0; i < run.expectations.size(); ++i) {
      const auto& each = run.expectations[i];
      if (i == tallies.size()) {
        tallies.push_back({each.text, each.position, 0, {}, each.sometimes, true});
      }
      if (each.passed) {
        ++tallies[i].passed;
      } else {
        tallies[i].failed.push_back(&run);
      }
    }
  }
  for (auto& tally : tallies) {
    tally.held = tally.failed.empty() || (tally.sometimes && tally.passed > 0);
  }
  return tallies;
}

std::size_t count_of(const ScenarioOutcomes& scenario, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(scenario.runs.begin(), scenario.runs.end(),
                    [&](const Outcome& run) { return run.verdict == verdict; }));
}

Verdict verdict_of(const ScenarioOutcomes& scenario) {
  auto worst = Verdict::skipped;
  for (const auto& run : scenario.runs) {
    if (gravity(run.verdict) > gravity(worst)) worst = run.verdict;
  }
  if (worst != Verdict::passed) return worst;
  for (const auto& tally : tallies_of(scenario)) {
    if (!tally.held) return Verdict::failed;  // sometimes, and it never did
  }
  return worst;
}

std::string replay_command(const ScenarioOutcomes& scenario, std::uint64_t seed) {
  return fmt::format("dispatch-sim --seed {}{}", seed, scenario.replay);
}

}  // namespace dispatch::report
