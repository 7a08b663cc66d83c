#include "sim/report/junit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::report {
namespace {

// What XML 1.0 cannot hold at all becomes a question mark.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  }
  return result;
}

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  double seconds = 0;

  void add(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
    seconds += other.seconds;
  }

  std::string text() const {
    return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}" time="{:.3f}")", tests,
                       failures, errors, skipped, seconds);
  }
};

class Suite {
 public:
  explicit Suite(const ScenarioOutcomes& scenario)
      : scenario_(scenario),
        tallies_(tallies_of(scenario)),
        name_(escaped(scenario.name.empty() ? scenario.source : scenario.name)) {
    for (const auto& run : scenario.runs) add(run);
  }

  const Counts& counts() const { return counts_; }

  std::string text() const {
    return fmt::format("  <testsuite name=\"{}\" file=\"{}\" {}>\n{}  </testsuite>\n", name_,
                       escaped(scenario_.source), counts_.text(), cases_);
  }

 private:
  void add(const Outcome& run) {
    counts_.seconds += run.wall_seconds;
    if (run.verdict == Verdict::skipped) {
      ++counts_.skipped;
      return add_case(run, "it was not run", "      <skipped/>\n");
    }
    if (run.verdict != Verdict::passed && run.verdict != Verdict::failed) {
      ++counts_.errors;
      return add_case(run, "it runs to its end", detail("error", run, run.message));
    }
    if (run.expectations.empty()) return add_case(run, "it runs to its end", "");
    for (std::size_t i = 0; i < run.expectations.size(); ++i) {
      const auto& each = run.expectations[i];
      // What is expected sometimes may fail where it has held for another seed.
      const bool fails = !each.passed && !tallies_[i].held;
      if (fails) ++counts_.failures;
      add_case(run, each.text, fails ? detail("failure", run, each.reason) : "");
    }
  }

  void add_case(const Outcome& run, const std::string& name, const std::string& inside) {
    ++counts_.tests;
    const auto cases = std::max<std::size_t>(1, run.expectations.size());
    const auto seconds = run.wall_seconds / static_cast<double>(cases);
    cases_ +=
        fmt::format("    <testcase classname=\"{}\" name=\"{} (seed {})\" time=\"{:.3f}\"{}>\n",
                    name_, escaped(name), run.seed, seconds, inside.empty() ? "/" : "");
    if (!inside.empty()) cases_ += inside + "    </testcase>\n";
  }

  std::string detail(std::string_view element, const Outcome& run, const std::string& why) const {
    return fmt::format("      <{0} message=\"{1}\">{2}</{0}>\n", element, escaped(why),
                       escaped(replay_command(scenario_, run.seed)));
  }

  const ScenarioOutcomes& scenario_;
  std::vector<ExpectationTally> tallies_;
  std::string name_;
  Counts counts_;
  std::string cases_;
};

}  // namespace

std::string junit(std::span<const ScenarioOutcomes> scenarios) {
  Counts all;
  std::string suites;
  for (const auto& scenario : scenarios) {
    const Suite suite(scenario);
    all.add(suite.counts());
    suites += suite.text();
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dispatch-sim\" {}>\n{}"
      "</testsuites>\n",
      all.text(), suites);
}

}  // namespace dispatch::report
