// Many runs side by side, and what is made of them.
#include "cli/exit_status.hpp"
#include "cli/sim_batch.hpp"
#include "cli/sim_files.hpp"
#include "engine/net/config_error.hpp"
#include "sim/report/batch_json.hpp"
#include "sim/report/batch_text.hpp"
#include "sim/report/junit.hpp"
#include "sim/report/statistics.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cmath>
#include <mutex>
#include <set>
#include <thread>

namespace dispatch::cli {
namespace {

using report::Outcome;
using report::ScenarioOutcomes;
using report::Verdict;

struct BatchFixture {
  BatchFixture() { scenario.source = "a.yaml"; }

  std::vector<BatchRun> runs(std::uint64_t count) const {
    std::vector<BatchRun> runs;
    for (std::uint64_t seed = 1; seed <= count; ++seed) runs.push_back({&scenario, seed});
    return runs;
  }

  // A run that ended, with one expectation.
  static scenario::Result result(std::uint64_t seed, bool passed) {
    scenario::Result result;
    result.seed = seed;
    result.event_hash = seed * 7;
    result.end = std::chrono::seconds(seed);
    result.expectations.push_back({{3, 5, {}}, "end < 5s", passed, "", "end is too late"});
    return result;
  }

  scenario::Scenario scenario;
  BatchOptions options;
};

BOOST_FIXTURE_TEST_SUITE(batch, BatchFixture)

BOOST_AUTO_TEST_CASE(outcomes_are_in_the_order_of_the_runs_whatever_ends_first) {
  options.lanes = 4;
  options.simulate = [](const auto&, const scenario::RunOptions& run) {
    std::this_thread::sleep_for(std::chrono::milliseconds(*run.seed % 4));
    return result(*run.seed, true);
  };
  const auto all = runs(40);
  const auto outcomes = run_batch(all, options);
  BOOST_REQUIRE_EQUAL(outcomes.size(), 40u);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    BOOST_TEST(outcomes[i].seed == i + 1);
    BOOST_TEST(outcomes[i].event_hash == (i + 1) * 7);
    BOOST_TEST((outcomes[i].verdict == Verdict::passed));
  }
}

BOOST_AUTO_TEST_CASE(lanes_run_at_the_same_time) {
  options.lanes = 2;
  std::atomic<int> inside = 0;
  std::atomic<bool> met = false;
  options.simulate = [&](const auto&, const scenario::RunOptions& run) {
    ++inside;
    for (int i = 0; i < 2000 && !met; ++i) {
      if (inside == 2) met = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    --inside;
    return result(*run.seed, true);
  };
  const auto two = runs(2);
  run_batch(two, options);
  BOOST_TEST(met.load());
}

BOOST_AUTO_TEST_CASE(fail_fast_begins_nothing_after_a_failure_and_ends_what_runs) {
  options.fail_fast = true;
  options.simulate = [](const auto&, const scenario::RunOptions& run) {
    if (!run.keep_going()) throw scenario::Interrupted("");
    return result(*run.seed, *run.seed != 3);
  };
  const auto ten = runs(10);
  const auto outcomes = run_batch(ten, options);
  BOOST_TEST((outcomes[1].verdict == Verdict::passed));
  BOOST_TEST((outcomes[2].verdict == Verdict::failed));
  for (std::size_t i = 3; i < 10; ++i) BOOST_TEST((outcomes[i].verdict == Verdict::skipped));
}

BOOST_AUTO_TEST_CASE(two_outcomes_of_one_run_are_status_3) {
  options.twice = true;
  std::uint64_t hash = 0;
  options.simulate = [&](const auto&, const scenario::RunOptions& run) {
    auto one = result(*run.seed, true);
    one.event_hash = ++hash;
    return one;
  };
  const auto one = runs(1);
  const auto outcome = run_batch(one, options).front();
  BOOST_TEST((outcome.verdict == Verdict::not_deterministic));
  BOOST_TEST(outcome.message.find("0000000000000001") != std::string::npos);
  BOOST_TEST(exit_status_of(outcome.verdict) == 3);
}

BOOST_AUTO_TEST_CASE(the_same_outcome_twice_passes) {
  options.twice = true;
  int made = 0;
  options.simulate = [&](const auto&, const scenario::RunOptions& run) {
    ++made;
    return result(*run.seed, true);
  };
  const auto one = runs(1);
  BOOST_TEST((run_batch(one, options).front().verdict == Verdict::passed));
  BOOST_TEST(made == 2);
}

BOOST_AUTO_TEST_CASE(a_fault_is_status_4_and_keeps_no_other_run_from_its_end) {
  options.simulate = [](const auto&, const scenario::RunOptions& run) {
    if (*run.seed == 1) throw std::runtime_error("a bug");
    if (*run.seed == 2) throw net::ConfigError("a.yaml:1:1: no");
    return result(*run.seed, *run.seed != 3);
  };
  const auto four = runs(4);
  const auto outcomes = run_batch(four, options);
  BOOST_TEST(outcomes[0].message == "a.yaml: engine fault with seed 1: a bug");
  BOOST_TEST(outcomes[1].message == "a.yaml:1:1: no");
  std::vector<int> status;
  for (const auto& each : outcomes) status.push_back(exit_status_of(each.verdict));
  BOOST_TEST(status == (std::vector<int>{4, 2, 1, 0}), boost::test_tools::per_element());
}

// Of many seeds, one is enough; of none, the scenario has failed, and no seed for itself.
BOOST_AUTO_TEST_CASE(what_is_expected_sometimes_holds_for_one_seed_at_least) {
  options.many_seeds = true;
  std::uint64_t lucky = 2;
  options.simulate = [&](const auto&, const scenario::RunOptions& run) {
    auto one = result(*run.seed, *run.seed == lucky);
    one.expectations[0].sometimes = true;
    return one;
  };
  const auto three = runs(3);
  ScenarioOutcomes scenario_outcomes;
  scenario_outcomes.runs = run_batch(three, options);
  for (const auto& each : scenario_outcomes.runs) BOOST_TEST((each.verdict == Verdict::passed));
  BOOST_TEST((report::verdict_of(scenario_outcomes) == Verdict::passed));
  lucky = 7;
  scenario_outcomes.runs = run_batch(three, options);
  BOOST_TEST((scenario_outcomes.runs[1].verdict == Verdict::passed));
  BOOST_TEST((report::verdict_of(scenario_outcomes) == Verdict::failed));
}

BOOST_AUTO_TEST_CASE(a_watch_hears_of_every_run_once) {
  struct Watch : BatchWatch {
    void began(std::size_t, std::size_t run) override { begun.insert(run); }
    void ended(std::size_t, std::size_t run, const Outcome&) override { over.insert(run); }
    void tick(std::span<const scenario::Duration>) override {}
    std::multiset<std::size_t> begun;
    std::multiset<std::size_t> over;
  } watch;
  options.lanes = 3;
  options.simulate = [](const auto&, const scenario::RunOptions& run) {
    return result(*run.seed, true);
  };
  const auto all = runs(20);
  run_batch(all, options, &watch);
  BOOST_TEST(watch.begun.size() == 20u);
  BOOST_TEST(std::set(watch.over.begin(), watch.over.end()).size() == 20u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(statistics)

BOOST_AUTO_TEST_CASE(percentiles_are_values_that_occurred) {
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 100; i >= 1; --i) values.push_back(i);
  const auto summary = report::summary_of(values).value();
  BOOST_TEST(summary.min == 1u);
  BOOST_TEST(summary.p5 == 5u);
  BOOST_TEST(summary.median == 50u);
  BOOST_TEST(summary.p95 == 95u);
  BOOST_TEST(summary.max == 100u);
  BOOST_TEST(summary.mean == 50.5);
  BOOST_TEST(!report::summary_of({}).has_value());
}

// Hahn and Meeker, Statistical Intervals, table A.15: n = 100, two-sided 95 %: ranks 40 and 61.
BOOST_AUTO_TEST_CASE(the_medians_confidence_interval_is_that_of_the_binomial_distribution) {
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 1; i <= 100; ++i) values.push_back(i);
  const auto interval = report::summary_of(values).value().median_confidence.value();
  BOOST_TEST(interval.from == 40u);
  BOOST_TEST(interval.to == 61u);
  // Of six values the least and the greatest: 1 - 2/64. Of five not even these: 1 - 2/32.
  const auto six = report::summary_of({1, 2, 3, 4, 5, 6}).value().median_confidence.value();
  BOOST_TEST(six.from == 1u);
  BOOST_TEST(six.to == 6u);
  BOOST_TEST(!report::summary_of({1, 2, 3, 4, 5}).value().median_confidence.has_value());
}

// Wilson 1927, as Newcombe 1998 tabulates it: 81 of 263 gives 0.2553 to 0.3662.
BOOST_AUTO_TEST_CASE(the_share_of_passes_has_wilsons_interval) {
  const auto interval = report::proportion_confidence(81, 263);
  BOOST_TEST(std::abs(interval.from - 0.2553) < 1e-4);
  BOOST_TEST(std::abs(interval.to - 0.3662) < 1e-4);
  BOOST_TEST(report::proportion_confidence(10, 10).to == 1.0);
  BOOST_TEST(report::proportion_confidence(0, 10).from == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(batch_reports)

ScenarioOutcomes two_of_three() {
  ScenarioOutcomes scenario;
  scenario.name = "one & <two>";
  scenario.source = "a b.yaml";
  scenario.replay = " 'a b.yaml'";
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Outcome run;
    run.seed = seed;
    run.verdict = seed == 2 ? Verdict::failed : Verdict::passed;
    run.expectations.push_back({{7, 3, {}}, "end < 5s", seed != 2, "", "end is 6 s"});
    run.figures.push_back({"end", scenario::Quantity::Kind::duration, seed * 1'000'000'000});
    scenario.runs.push_back(std::move(run));
  }
  return scenario;
}

BOOST_AUTO_TEST_CASE(a_failing_seed_comes_with_its_reason_and_the_command_that_replays_it) {
  const auto text = report::batch_failures(two_of_three());
  BOOST_TEST(text.find("1 of 3 seeds: 2\n") != std::string::npos);
  BOOST_TEST(text.find("seed 2: a b.yaml:7:3: end is 6 s\n") != std::string::npos);
  BOOST_TEST(text.find("$ dispatch-sim --seed 2 'a b.yaml'\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_has_the_statistics_of_every_figure) {
  const auto json = boost::json::parse(report::batch_json(two_of_three())).as_object();
  BOOST_TEST(json.at("passed_runs").to_number<int>() == 2);
  const auto& end = json.at("figures").at("end").as_object();
  BOOST_TEST(end.at("median").to_number<std::int64_t>() == 2'000'000'000);
  BOOST_TEST(end.at("unit").as_string() == "ns");
  BOOST_TEST(json.at("failures").at(0).at("command").as_string() ==
             "dispatch-sim --seed 2 'a b.yaml'");
}

BOOST_AUTO_TEST_CASE(junit_has_a_case_for_each_expectation_and_escapes_what_xml_does_not_take) {
  auto scenario = two_of_three();
  scenario.runs[2].verdict = Verdict::fault;
  scenario.runs[2].message = "a \"bug\"\x01";
  const auto xml = report::junit(std::array{scenario});
  BOOST_TEST(xml.find("tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\"") !=
             std::string::npos);
  BOOST_TEST(xml.find("name=\"one &amp; &lt;two&gt;\"") != std::string::npos);
  BOOST_TEST(xml.find("name=\"end &lt; 5s (seed 2)\"") != std::string::npos);
  BOOST_TEST(xml.find("<error message=\"a &quot;bug&quot;?\">") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(scenarios_are_selected_by_a_part_of_their_name_or_by_a_pattern) {
  BOOST_TEST(matches("links", "Two Links"));
  BOOST_TEST(matches("two*", "two_links"));
  BOOST_TEST(matches("*l?nks", "two_links"));
  BOOST_TEST(matches("*o*o*", "foo_boo"));
  BOOST_TEST(!matches("two", "tw"));
  BOOST_TEST(!matches("two?", "two"));
  BOOST_TEST(!matches("*x", "two_links"));
}

}  // namespace
}  // namespace dispatch::cli
