// Sessions: a scenario that is paused, looked at and changed; and pages of what came of it.

#include "sim/scenario/session.hpp"

#include "engine/link/policy/policy.hpp"
#include "sim/report/json.hpp"
#include "sim/report/page.hpp"
#include "sim/report/story.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/shape.hpp"
#include "sim/scenario/yaml_reader.hpp"
#include "sim/scenario/yaml_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

namespace dispatch::scenario {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Scenario small(const std::string& events = "[]") {
  return load_text(R"(
dispatch: 1
duration: 20s
links:
  a: {rate: 20 Mbit/s, delay: 10ms, jitter: 2ms, loss: 0.5%}
  b: {rate: 10 Mbit/s, delay: 20ms}
hosts: {www: }
workloads:
  - {name: api, requests: {to: www, rate: 10/s, response: 5 kB, until: 3s}}
events: )" + events + "\nexpect: [api.failures == 0]\n",
                   "small");
}

// Without what only says how long the computer took.
std::string told(const Result& result) {
  return report::json(result);
}

BOOST_AUTO_TEST_SUITE(session)

BOOST_AUTO_TEST_CASE(pauses_and_looks_change_nothing) {
  const auto scenario = small();
  const auto expected = told(run(scenario));
  for (const auto pause : {milliseconds(33), milliseconds(100), milliseconds(1000)}) {
    Session session(scenario, {});
    for (Duration at = pause; at < seconds(2); at += pause) {
      session.advance_to(at);
      BOOST_TEST((session.now() == at));
      BOOST_TEST(session.link_now("a").has_value());
      session.result();
    }
    session.advance_to_end();
    BOOST_TEST(told(session.finish()) == expected);
  }
}

BOOST_AUTO_TEST_CASE(single_steps_change_nothing) {
  const auto scenario = small();
  Session session(scenario, {});
  while (session.now() < seconds(1)) BOOST_REQUIRE(session.step());
  session.advance_to_end();
  BOOST_TEST(told(session.finish()) == told(run(scenario)));
}

BOOST_AUTO_TEST_CASE(what_is_applied_is_what_an_event_does) {
  const auto written = small("[{at: 1s, link: a, blackhole}, {at: 2s, link: a, up}]");
  const auto scenario = small();
  Session session(scenario, {});
  session.call_at(seconds(1), [&] { session.apply(written.events[0]); });
  session.call_at(seconds(2), [&] { session.apply(written.events[1]); });
  session.advance_to_end();
  const auto changed = session.finish();
  const auto expected = run(written);
  BOOST_REQUIRE(changed.workloads[0].records.size() == expected.workloads[0].records.size());
  for (std::size_t i = 0; i < changed.workloads[0].records.size(); ++i) {
    BOOST_TEST((changed.workloads[0].records[i].ended == expected.workloads[0].records[i].ended));
  }
}

BOOST_AUTO_TEST_CASE(calls_come_after_all_else_of_their_instant_and_are_work) {
  const auto scenario = small();
  Session session(scenario, {});
  std::vector<Duration> called;
  session.call_at(seconds(10), [&] { called.push_back(session.now()); });
  session.call_at(milliseconds(500), [&] {
    called.push_back(session.now());
    // The request of this very instant has been made.
    BOOST_TEST(session.workload_now("api")->active >= 1u);
  });
  session.advance_to_end();
  BOOST_TEST((called == std::vector<Duration>{milliseconds(500), seconds(10)}));
  BOOST_TEST((session.now() == seconds(10)));
  BOOST_CHECK_THROW(session.call_at(seconds(9), [] {}), std::invalid_argument);
  BOOST_CHECK_THROW(session.call_at(seconds(21), [] {}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(one_that_is_halted_ends_at_once_and_can_be_looked_at) {
  const auto scenario = small();
  Session session(scenario, {});
  session.call_at(seconds(1), [&] { session.halt(); });
  BOOST_CHECK_THROW(session.advance_to_end(), Interrupted);
  BOOST_TEST((session.now() == seconds(1)));
  BOOST_TEST(session.result().workloads[0].completed > 0u);
}

// Always the last one.
class Last : public link::Policy {
 public:
  link::Link& choose(const link::Occasion& occasion) override {
    return *occasion.candidates.back();
  }
};

BOOST_AUTO_TEST_CASE(a_policy_of_ones_own_chooses) {
  RunOptions options;
  options.policy = [] { return std::make_unique<Last>(); };
  const auto result = run(small(), options);
  BOOST_TEST(result.link("a")->total.connections == 0u);
  BOOST_TEST(result.link("b")->total.connections == 30u);
}

BOOST_AUTO_TEST_CASE(a_page_holds_what_the_run_told_and_no_end_of_its_own) {
  const auto scenario = small("[{at: 1s, link: a, blackhole}, {at: 2s, link: a, up}]");
  RunOptions options;
  report::Story story;
  std::size_t heard = 0;
  options.event = [&](std::string_view) { ++heard; };
  story.attach(options);
  const auto result = run(scenario, options);
  const auto text = story.json(result, 1, "dispatch-sim </script><b>");
  BOOST_TEST(heard > 30u);  // who listened before still does
  BOOST_TEST(text.find(R"("action":"blackhole","what":"blackhole: both")") != std::string::npos);
  BOOST_TEST(text.find(R"("event":"drop")") == std::string::npos);
  const auto page = report::page(std::array{text, text});
  BOOST_TEST(page.find("</script><b>") == std::string::npos);
  BOOST_TEST(page.find("\\u003c/script>\\u003cb>") != std::string::npos);
  BOOST_TEST(page.find("@RUNS@") == std::string::npos);
  BOOST_TEST(page.ends_with("</html>\n"));
}

BOOST_AUTO_TEST_CASE(reading_a_value_as_another_kind_than_its_shape_has_is_a_bug) {
  static const auto kShape = map_of(
      "a test", {{"rate", "", shape_of(Shape::Kind::rate)},
                 {"either", "", either_of({choice_of({"auto"}), shape_of(Shape::Kind::duration)})},
                 {"list", "", list_of(shape_of(Shape::Kind::bytes))},
                 {"names", "", names_of(shape_of(Shape::Kind::count))}});
  const auto map =
      YamlValue::of(parse_tree("rate: 5 Mbit/s\neither: 5s\nlist: [5 kB]\nnames: {a: 5}\n", "test"))
          .map(kShape);
  BOOST_TEST(map.find("rate")->rate().bits_per_second == 5'000'000u);
  BOOST_CHECK_THROW(map.find("rate")->bytes(), std::logic_error);
  BOOST_TEST((map.find("either")->duration() == seconds(5)));
  BOOST_CHECK_THROW(map.find("either")->count(0, 9), std::logic_error);
  BOOST_TEST(map.find("list")->list("sizes")[0].bytes().count == 5000u);
  BOOST_CHECK_THROW(map.find("list")->list("sizes")[0].rate(), std::logic_error);
  BOOST_TEST(map.find("names")->names("numbers").entries()[0].value.count(0, 9) == 5u);
  BOOST_CHECK_THROW(map.find("names")->names("numbers").entries()[0].value.ratio(),
                    std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::scenario
