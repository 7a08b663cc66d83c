#include "sim/report/batch_json.hpp"

#include "sim/report/statistics.hpp"

#include <boost/json.hpp>

namespace dispatch::report {
namespace {

namespace js = boost::json;
using Kind = scenario::Quantity::Kind;

const char* unit_of(Kind kind) {
  switch (kind) {
    case Kind::bytes:
      return "bytes";
    case Kind::duration:
      return "ns";
    case Kind::rate:
      return "bits_per_second";
    case Kind::ratio:
      return "share";
    default:
      return "count";
  }
}

// A share is 0 to 1, the rest whole numbers.
js::value value_of(Kind kind, std::uint64_t value) {
  if (kind != Kind::ratio) return value;
  return static_cast<double>(value) / static_cast<double>(scenario::Ratio::kWhole);
}

js::object object_of(Kind kind, const Summary& summary) {
  const auto value = [&](std::uint64_t each) { return value_of(kind, each); };
  js::object object{
      {"unit", unit_of(kind)},     {"runs", summary.count},     {"min", value(summary.min)},
      {"p5", value(summary.p5)},   {"p25", value(summary.p25)}, {"median", value(summary.median)},
      {"p75", value(summary.p75)}, {"p95", value(summary.p95)}, {"max", value(summary.max)}};
  const auto whole = kind == Kind::ratio ? static_cast<double>(scenario::Ratio::kWhole) : 1.0;
  object["mean"] = summary.mean / whole;
  const auto& sure = summary.median_confidence;
  object["median_confidence_95"] =
      sure ? js::value(js::array{value(sure->from), value(sure->to)}) : js::value(nullptr);
  return object;
}

js::object figures_of_all(const ScenarioOutcomes& scenario) {
  js::object figures;
  const Outcome* first = nullptr;
  for (const auto& run : scenario.runs) {
    if (first == nullptr && !run.figures.empty()) first = &run;
  }
  for (std::size_t i = 0; first != nullptr && i < first->figures.size(); ++i) {
    std::vector<std::uint64_t> values;
    for (const auto& run : scenario.runs) {
      if (!run.figures.empty() && run.figures[i].value) values.push_back(*run.figures[i].value);
    }
    const auto& figure = first->figures[i];
    const auto summary = summary_of(std::move(values));
    figures[figure.name] = summary ? js::value(object_of(figure.kind, *summary)) : nullptr;
  }
  return figures;
}

js::array expectations_of(const ScenarioOutcomes& scenario) {
  js::array expectations;
  for (const auto& tally : tallies_of(scenario)) {
    js::array seeds;
    for (const auto* run : tally.failed) seeds.emplace_back(run->seed);
    expectations.emplace_back(js::object{{"text", tally.text},
                                         {"held", tally.held},
                                         {"passed", tally.passed},
                                         {"failed", tally.failed.size()},
                                         {"failing_seeds", std::move(seeds)}});
  }
  return expectations;
}

js::array failures_of(const ScenarioOutcomes& scenario) {
  js::array failures;
  for (const auto& run : scenario.runs) {
    if (run.verdict == Verdict::passed || run.verdict == Verdict::skipped) continue;
    js::array reasons;
    if (!run.message.empty()) reasons.emplace_back(run.message);
    for (const auto& each : run.expectations) {
      if (!each.passed) reasons.emplace_back(each.reason);
    }
    failures.emplace_back(js::object{{"seed", run.seed},
                                     {"verdict", std::string(to_string(run.verdict))},
                                     {"reasons", std::move(reasons)},
                                     {"command", replay_command(scenario, run.seed)}});
  }
  return failures;
}

}  // namespace

std::string batch_json(const ScenarioOutcomes& scenario) {
  const auto passed = count_of(scenario, Verdict::passed);
  const auto skipped = count_of(scenario, Verdict::skipped);
  const auto made = scenario.runs.size() - skipped;
  js::value sure = nullptr;
  if (made != 0) {
    const auto interval = proportion_confidence(passed, made);
    sure = js::array{interval.from, interval.to};
  }
  return js::serialize(js::object{{"scenario", scenario.name},
                                  {"source", scenario.source},
                                  {"runs", made},
                                  {"passed_runs", passed},
                                  {"skipped_runs", skipped},
                                  {"pass_share_confidence_95", std::move(sure)},
                                  {"passed", verdict_of(scenario) == Verdict::passed},
                                  {"expectations", expectations_of(scenario)},
                                  {"figures", figures_of_all(scenario)},
                                  {"failures", failures_of(scenario)}});
}

}  // namespace dispatch::report
