// Time, events and chance.
#include "engine/net/task_group.hpp"
#include "sim/core/sim_clock.hpp"
#include "sim/core/simulation.hpp"
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <memory>
#include <vector>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(core)
namespace {

BOOST_AUTO_TEST_CASE(events_happen_in_the_order_of_their_times) {
  Simulation simulation(1);
  Random random(7, "times");
  std::vector<net::TimePoint> happened;
  for (int i = 0; i < 1000; ++i) {
    simulation.at(net::TimePoint(net::Duration(random.below(500))),
                  [&] { happened.push_back(simulation.now()); });
  }
  simulation.run();
  BOOST_TEST(happened.size() == 1000u);
  BOOST_TEST(std::is_sorted(happened.begin(), happened.end()));
}

BOOST_AUTO_TEST_CASE(a_cancelled_event_does_not_happen_and_leaves_nothing) {
  Simulation simulation(1);
  Random random(7, "cancel");
  int happened = 0;
  std::vector<std::unique_ptr<Event>> events;
  for (int i = 0; i < 500; ++i) {
    events.push_back(std::make_unique<Event>(simulation, EventLabel("test"), [&] { ++happened; }));
    events.back()->schedule(net::TimePoint(net::Duration(random.below(100))));
  }
  for (int i = 0; i < 500; i += 2) events[i]->cancel();
  for (int i = 1; i < 500; i += 4) events[i].reset();
  BOOST_TEST(simulation.pending_events() == 125u);
  simulation.run();
  BOOST_TEST(happened == 125);
}

BOOST_AUTO_TEST_CASE(an_event_can_be_moved_both_ways) {
  Simulation simulation(1);
  std::vector<net::TimePoint> times;
  Event event(simulation, EventLabel("test"), [&] { times.push_back(simulation.now()); });
  event.schedule(net::TimePoint(5s));
  event.schedule(net::TimePoint(9s));
  event.schedule(net::TimePoint(2s));
  simulation.run();
  BOOST_REQUIRE(times.size() == 1u);
  BOOST_TEST((times[0] == net::TimePoint(2s)));
}

std::vector<int> order_at_one_instant(std::uint64_t seed) {
  Simulation simulation(seed);
  std::vector<int> order;
  for (int i = 0; i < 20; ++i) {
    simulation.at(net::TimePoint(1s), [&order, i] { order.push_back(i); });
  }
  simulation.run();
  return order;
}

BOOST_AUTO_TEST_CASE(the_seed_alone_orders_the_events_of_one_instant) {
  BOOST_TEST((order_at_one_instant(1) == order_at_one_instant(1)));
  BOOST_TEST((order_at_one_instant(1) != order_at_one_instant(2)));
}

BOOST_AUTO_TEST_CASE(two_parties_that_never_stop_are_a_livelock) {
  Simulation simulation(1, {.events_per_instant = 1000});
  std::function<void()> again = [&] { simulation.after(0s, again); };
  simulation.after(3s, again);
  BOOST_CHECK_THROW(simulation.run(), LimitError);
  BOOST_TEST((simulation.now() == net::TimePoint(3s)));
}

net::Task<void> spin(Simulation& simulation) {
  for (;;) {
    co_await net::asio::post(simulation.executor(), net::asio::use_awaitable);
  }
}

BOOST_AUTO_TEST_CASE(a_coroutine_that_never_waits_is_a_livelock) {
  Simulation simulation(1, {.events_per_instant = 1000});
  simulation.spawn(spin(simulation));
  BOOST_CHECK_THROW(simulation.run(), LimitError);
}

BOOST_AUTO_TEST_CASE(a_run_ends_at_its_limits) {
  Simulation by_time(1, {.time = net::TimePoint(10s)});
  std::function<void()> tick = [&] { by_time.after(1s, tick); };
  by_time.after(1s, tick);
  BOOST_CHECK_THROW(by_time.run(), LimitError);
  BOOST_TEST((by_time.now() == net::TimePoint(10s)));

  Simulation by_events(1, {.events = 100});
  std::function<void()> tock = [&] { by_events.after(1s, tock); };
  by_events.after(1s, tock);
  BOOST_CHECK_THROW(by_events.run(), LimitError);
  BOOST_TEST(by_events.events() == 100u);
}

BOOST_AUTO_TEST_CASE(run_until_ends_at_that_time_and_run_goes_on_from_there) {
  Simulation simulation(1);
  int happened = 0;
  for (const auto when : {1s, 2s, 3s}) simulation.at(net::TimePoint(when), [&] { ++happened; });
  simulation.run_until(net::TimePoint(2s));
  BOOST_TEST(happened == 2);
  simulation.run_for(500ms);
  BOOST_TEST((simulation.now() == net::TimePoint(2500ms)));
  simulation.run();
  BOOST_TEST(happened == 3);
}

BOOST_AUTO_TEST_CASE(an_exception_of_a_task_leaves_run) {
  Simulation simulation(1);
  simulation.spawn([]() -> net::Task<void> {
    throw std::logic_error("a bug");
    co_return;
  }());
  BOOST_CHECK_THROW(simulation.run(), std::logic_error);
}

BOOST_AUTO_TEST_CASE(sleeps_take_their_time_exactly) {
  Simulation simulation(1);
  SimClock clock(simulation);
  const auto nap = [](net::Clock& by) -> net::Task<net::TimePoint> {
    static_cast<void>(co_await by.sleep_for(1500ms));
    static_cast<void>(co_await by.sleep_for(1ns));
    co_return by.now();
  };
  const auto awake = result_of(simulation, nap(clock));
  BOOST_TEST((awake == net::TimePoint(1500ms + 1ns)));
}

BOOST_AUTO_TEST_CASE(a_stopped_timer_does_not_call) {
  Simulation simulation(1);
  SimClock clock(simulation);
  int called = 0;
  const auto stopped = clock.make_timer();
  stopped->start(net::TimePoint(1s), [&] { ++called; });
  stopped->stop();
  const auto kept = clock.make_timer();
  kept->start(net::TimePoint(1s), [&] { called += 10; });
  clock.make_timer()->start(net::TimePoint(1s), [&] { called += 100; });
  simulation.run();
  BOOST_TEST(called == 10);
}

// A task that waits for the end of tasks that it owns itself: nobody but the context's end can
// break that circle. LeakSanitizer judges.
BOOST_AUTO_TEST_CASE(a_world_that_ends_in_mid_flight_takes_its_tasks_along) {
  auto witness = std::make_shared<int>(0);
  {
    Simulation simulation(1);
    SimClock clock(simulation);
    const auto sleeper = [](net::Clock& by, std::shared_ptr<int> held) -> net::Task<void> {
      static_cast<void>(co_await by.sleep_for(1h));
      ++*held;
    };
    const auto owner = [](Simulation& in, net::Clock& by, std::shared_ptr<int> held,
                          auto make) -> net::Task<void> {
      net::TaskGroup group(in.executor(), nullptr);
      group.spawn(make(by, held));
      static_cast<void>(co_await group.idle());
    };
    simulation.spawn(owner(simulation, clock, witness, sleeper));
    simulation.run_until(net::TimePoint(1s));
    BOOST_TEST(witness.use_count() > 1);
    simulation.drop_tasks();
    BOOST_TEST(witness.use_count() == 1);
  }
  BOOST_TEST(*witness == 0);
}

BOOST_AUTO_TEST_CASE(a_random_stream_depends_on_seed_and_name_alone) {
  Simulation one(1);
  Simulation other(1);
  static_cast<void>(other.random("b").next());
  BOOST_TEST(one.random("a").next() == other.random("a").next());
  BOOST_TEST(Random(1, "a").next() != Random(1, "b").next());
  BOOST_TEST(Random(1, "a").next() != Random(2, "a").next());
}

BOOST_AUTO_TEST_CASE(distributions_have_their_moments) {
  constexpr int kDraws = 200'000;
  Random random(3, "moments");
  double uniform = 0, normal = 0, normal_square = 0, exponential = 0, within_one = 0;
  for (int i = 0; i < kDraws; ++i) {
    uniform += random.uniform();
    const auto z = random.normal();
    normal += z;
    normal_square += z * z;
    within_one += std::abs(z) < 1;
    exponential += random.exponential();
  }
  // Five standard errors each.
  const double root = std::sqrt(kDraws);
  BOOST_TEST(std::abs(uniform / kDraws - 0.5) < 5 * 0.2887 / root);
  BOOST_TEST(std::abs(normal / kDraws) < 5 / root);
  BOOST_TEST(std::abs(normal_square / kDraws - 1) < 5 * 1.4142 / root);
  BOOST_TEST(std::abs(within_one / kDraws - 0.682689) < 5 * 0.4655 / root);
  BOOST_TEST(std::abs(exponential / kDraws - 1) < 5 / root);
}

BOOST_AUTO_TEST_CASE(below_reaches_every_value_evenly) {
  constexpr int kDraws = 60'000;
  Random random(3, "below");
  std::array<int, 6> count{};
  for (int i = 0; i < kDraws; ++i) ++count[random.below(6)];
  for (const int each : count) BOOST_TEST(std::abs(each - kDraws / 6) < 5 * std::sqrt(kDraws / 6));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
