// What became of one run among many.
#pragma once

#include "sim/report/figures.hpp"
#include "sim/scenario/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::report {

enum class Verdict : std::uint8_t {
  passed,
  failed,             // an expectation did not hold
  refused,            // the engine does not take the scenario's options
  not_deterministic,  // run twice, with two outcomes
  fault,              // of the engine or the simulator
  skipped,            // not begun, or not ended: another one had failed before
};

std::string_view to_string(Verdict verdict);  // "pass", "FAIL", ...

struct Outcome {
  std::uint64_t seed = 0;
  Verdict verdict = Verdict::skipped;
  std::string message;  // of what is neither passed nor failed nor skipped, one line
  std::vector<scenario::ExpectationResult> expectations;
  std::vector<Figure> figures;
  std::uint64_t event_hash = 0;
  scenario::Duration end{};  // in simulated time
  double wall_seconds = 0;
  std::string report;  // of the whole run, where it was asked for
  std::string story;   // Story::json(), where a page was asked for
};

// A scenario and its runs, in the order of the seeds.
struct ScenarioOutcomes {
  std::string name;
  std::string source;
  std::string replay;  // the command that runs it again, up to where --seed N fits
  std::vector<Outcome> runs;
};

// Its expectations, with what became of them over all runs that have an outcome.
struct ExpectationTally {
  std::string text;
  scenario::Position position;
  std::size_t passed = 0;
  std::vector<const Outcome*> failed;  // runs, in their order
  bool sometimes = false;              // it need hold in one of them only
  bool held = true;                    // as a whole
};
std::vector<ExpectationTally> tallies_of(const ScenarioOutcomes& scenario);

// How many runs ended like this.
std::size_t count_of(const ScenarioOutcomes& scenario, Verdict verdict);
// The gravest of its runs' verdicts; skipped where nothing was run.
Verdict verdict_of(const ScenarioOutcomes& scenario);
// "dispatch-sim --seed 7 a.yaml"
std::string replay_command(const ScenarioOutcomes& scenario, std::uint64_t seed);

}  // namespace dispatch::report
