// Links that change over time: set events, ramps, schedules.
#include "sim/scenario/link_change.hpp"

#include "sim/host/world.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/run.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace dispatch::scenario {
BOOST_AUTO_TEST_SUITE(link_changes)
namespace {

using namespace std::chrono_literals;

// One link of 20 Mbit/s, 10 ms, without loss.
struct OneLink {
  OneLink() {
    sim::DirectionOptions direction;
    direction.rate = sim::DataRate::mbit_per_second(20);
    direction.delay = 10ms;
    link =
        &world.attach(world.add_host("client"), "wifi", {net::parse_prefix("192.0.2.2/24").value()},
                      sim::LinkOptions::symmetric(direction));
  }
  sim::DirectionOptions down_at(Duration when) {
    simulation.run_until(net::TimePoint(when));
    return link->down().options();
  }

  sim::Simulation simulation{1};
  sim::World world{simulation};
  sim::Link* link;
};

double mbit(const sim::DirectionOptions& options) {
  return static_cast<double>(std::get<sim::DataRate>(options.rate).bits_per_second()) * 1e-6;
}
double loss(const sim::DirectionOptions& options) {
  return std::get<double>(options.loss);
}

LinkChange to(double rate_mbit, Duration delay, double share, Duration over) {
  LinkChange change;
  change.down.rate = sim::DataRate::bits_per_second(static_cast<std::uint64_t>(rate_mbit * 1e6));
  change.down.delay = delay;
  change.down.loss = share;
  change.over = over;
  return change;
}

BOOST_AUTO_TEST_CASE(a_ramp_moves_rate_delay_and_loss_evenly_and_ends_where_it_says) {
  const auto tolerance = boost::test_tools::tolerance(0.011);  // a hundred steps
  OneLink one;
  bool over = false;
  const auto change = to(2, 110ms, 0.1, 10s);
  one.simulation.at(net::TimePoint(1s),
                    [&] { begin_change(one.simulation, *one.link, change, [&] { over = true; }); });
  BOOST_TEST(mbit(one.down_at(900ms)) == 20);
  for (const double part : {0.25, 0.5, 0.75}) {
    const auto at = one.down_at(1s + std::chrono::duration_cast<Duration>(part * 10s));
    BOOST_TEST(mbit(at) == 20 - 18 * part, tolerance);
    BOOST_TEST(std::chrono::duration<double>(at.delay).count() == 0.010 + 0.1 * part, tolerance);
    BOOST_TEST(loss(at) == 0.1 * part, tolerance);
  }
  BOOST_TEST(!over);
  const auto end = one.down_at(11s);
  BOOST_TEST(over);
  BOOST_TEST(mbit(end) == 2);
  BOOST_TEST((end.delay == 110ms));
  BOOST_TEST(loss(end) == 0.1);
  BOOST_TEST(mbit(one.link->up().options()) == 20);  // nothing was said of it
}

BOOST_AUTO_TEST_CASE(a_change_without_a_time_is_made_at_once) {
  OneLink one;
  bool over = false;
  begin_change(one.simulation, *one.link, to(5, 30ms, 0, 0s), [&] { over = true; });
  BOOST_TEST(over);
  BOOST_TEST(mbit(one.link->down().options()) == 5);
  BOOST_TEST((one.link->down().options().delay == 30ms));
}

BOOST_AUTO_TEST_CASE(a_schedule_takes_its_steps_and_begins_anew) {
  OneLink one;
  ScheduleSpec schedule;
  schedule.steps = {{{}, 2s, to(10, 20ms, 0, 0s)}, {{}, 6s, to(20, 10ms, 0, 2s)}};
  schedule.repeat = 10s;
  start_schedule(one.simulation, *one.link, schedule);
  for (const auto turn : {0s, 10s, 20s}) {
    BOOST_TEST(mbit(one.down_at(turn + 1s)) == 20);
    BOOST_TEST(mbit(one.down_at(turn + 3s)) == 10);
    BOOST_TEST((one.down_at(turn + 5s).delay == 20ms));
    BOOST_TEST(mbit(one.down_at(turn + 7s)) == 15, boost::test_tools::tolerance(0.011));
    BOOST_TEST((one.down_at(turn + 9s).delay == 10ms));
  }
}

// From the file to what a download gets.
BOOST_AUTO_TEST_CASE(a_scenarios_ramp_and_schedule_are_what_traffic_meets) {
  const auto result = run(load_text(R"(
dispatch: 1
links:
  a: {rate: 20 Mbit/s, delay: 10ms}
  b: {rate: 20 Mbit/s, delay: 10ms, schedule: [{at: 3s, rate: 4 Mbit/s}, {at: 6s, rate: 12 Mbit/s}]}
hosts: {www: }
engine: {start: [a, b]}
workloads: [{name: files, download: {from: www, size: 100 MB, count: 2, parallel: 2, timeout: 12s}}]
events: [{at: 2s, link: a, set: {rate: 4 Mbit/s}, over: 8s}]
expect:
  - rate(a, down, 1s..2s) in 19 Mbit/s..21 Mbit/s
  - rate(a, down, 5500ms..6500ms) in 11 Mbit/s..13 Mbit/s
  - rate(a, down, 11s..12s) in 3800 kbit/s..4 Mbit/s
  - rate(b, down, 1s..2s) in 19 Mbit/s..21 Mbit/s
  - rate(b, down, 4500ms..6s) in 3800 kbit/s..4 Mbit/s
  - rate(b, down, 9s..12s) in 11 Mbit/s..12 Mbit/s
)",
                                    "f"));
  for (const auto& each : result.expectations) {
    BOOST_TEST(each.passed, each.text << ": " << each.reason);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::scenario
