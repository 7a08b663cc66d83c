// What is measured of links, and the policies that choose by it.
#include "engine/link/link_set.hpp"
#include "engine/link/policy/registry.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(figures)
namespace {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time

constexpr double kMbit = 1e6 / 8;  // bytes per second

// A connection that moves bytes over its link.
struct Flow {
  explicit Flow(LinkDial dial) : use(dial.link()), received(&use.link().counters().received) {}

  LinkUse use;
  net::ByteCounter received;
};

// Links A, B, ... that share what they can carry evenly among the connections that they have.
struct Bulk {
  Bulk(const std::string& policy, std::vector<double> rates) : rates_of(std::move(rates)) {
    std::vector<std::unique_ptr<Link>> links;
    for (std::size_t i = 0; i < rates_of.size(); ++i) {
      links.push_back(std::make_unique<Link>(std::string(1, char('A' + i)), 1));
      links.back()->set_egress(net::Family::v4, net::kAnyEgress);
    }
    set = std::make_unique<LinkSet>(std::move(links), parse_policy(policy).make);
  }

  Link& at(std::size_t index) { return *set->links()[index]; }

  std::string take() {
    auto turn = set->take_turn({{true, false}, now});
    flows.push_back(std::make_unique<Flow>(std::move(*turn).dial()));
    return flows.back()->use.link().name();
  }
  std::string take(int count) {
    std::string taken;
    for (int i = 0; i < count; ++i) taken += take();
    return taken;
  }
  std::size_t live(std::size_t index) { return at(index).counters().live; }

  // The oldest connection of the link ends.
  void end_one(std::size_t index) {
    const auto of_it = [&](const auto& flow) { return &flow->use.link() == &at(index); };
    flows.erase(std::find_if(flows.begin(), flows.end(), of_it));
  }

  void pass(net::Duration span) {
    for (const auto until = now + span; now < until;) {
      now += LinkSet::kSampleInterval;
      for (const auto& flow : flows) {
        const auto index = std::size_t(flow->use.link().name().front() - 'A');
        const auto share = rates_of[index] / double(live(index)) / 4;
        flow->received.add(static_cast<std::uint64_t>(share));
      }
      set->sample(now);
    }
  }

  std::vector<double> rates_of;
  std::unique_ptr<LinkSet> set;
  std::vector<std::unique_ptr<Flow>> flows;
  net::TimePoint now = net::TimePoint(1h);
};

BOOST_AUTO_TEST_CASE(a_worse_latency_is_felt_at_once_and_a_better_one_little_by_little) {
  PeakEwma latency;
  net::TimePoint now{};
  BOOST_TEST(!latency.at(now).has_value());
  for (int i = 0; i < 100; ++i) latency.observe(20ms, now += 100ms);
  BOOST_TEST((*latency.at(now) >= 19ms));
  latency.observe(400ms, now += 100ms);
  BOOST_TEST((*latency.at(now) == 400ms));
  latency.observe(20ms, now += 1s);
  BOOST_TEST((*latency.at(now) > 350ms));
  BOOST_TEST((*latency.at(now) < 380ms));
}

BOOST_AUTO_TEST_CASE(a_latency_that_is_not_observed_fades) {
  PeakEwma latency;
  latency.observe(100ms, net::TimePoint(1s));
  BOOST_TEST((*latency.at(net::TimePoint(17s)) < 21ms));
  BOOST_TEST((*latency.at(net::TimePoint(17s)) > 19ms));
}

BOOST_AUTO_TEST_CASE(what_came_evenly_fades_as_if_it_had_come_bit_by_bit) {
  Fading at_once(5s);
  Fading bit_by_bit(5s);
  net::TimePoint now{};
  for (int i = 0; i < 1000; ++i, now += 10ms) bit_by_bit.add(1, now);
  at_once.add(1000, net::TimePoint{}, now);
  BOOST_TEST(std::abs(at_once.at(now) - bit_by_bit.at(now)) < 1);
}

BOOST_AUTO_TEST_CASE(a_counter_knows_how_many_of_its_children_were_active_in_an_epoch) {
  net::ByteCounter parent;
  net::ByteCounter a(&parent), b(&parent), c(&parent);
  a.add(1);
  a.add(1);
  b.add(1);
  BOOST_TEST(parent.begin_epoch() == 2u);
  BOOST_TEST(parent.begin_epoch() == 0u);
  c.add(1);
  a.add(1);
  BOOST_TEST(parent.begin_epoch() == 2u);
  BOOST_TEST(parent.total() == 5u);
}

BOOST_AUTO_TEST_CASE(rates_and_capacity_are_those_that_pass) {
  Bulk world("adaptive", {100 * kMbit, 20 * kMbit});
  world.take(8);
  world.pass(10s);
  BOOST_TEST(world.at(0).figures().rate() > 99 * kMbit);
  BOOST_TEST(world.at(0).figures().rate() < 101 * kMbit);
  BOOST_TEST(world.at(1).figures().capacity() > 19.5 * kMbit);
  BOOST_TEST(world.at(1).figures().capacity() < 20.5 * kMbit);
  BOOST_TEST(world.at(0).figures().active() == 4u);
}

BOOST_AUTO_TEST_CASE(adaptive_gives_a_new_download_to_the_link_that_has_more_for_it) {
  Bulk world("adaptive", {20 * kMbit, 100 * kMbit});
  const auto first = world.take(8);
  BOOST_TEST(std::count(first.begin(), first.end(), 'A') == 4);
  for (int i = 0; i < 60; ++i) {  // one ends each second, on the link where they are quicker
    world.pass(1s);
    world.end_one(i % 6 == 5 && world.live(0) > 0 ? 0 : 1);
    world.take();
  }
  BOOST_TEST(world.live(0) >= 1u);
  BOOST_TEST(world.live(0) <= 2u);
}

BOOST_AUTO_TEST_CASE(adaptive_tries_a_link_again_that_was_slow_once) {
  Bulk world("adaptive", {1 * kMbit, 100 * kMbit});
  world.take(8);
  world.pass(20s);
  while (world.live(0) > 0) world.end_one(0);
  while (world.live(1) > 1) world.end_one(1);
  world.rates_of[0] = 100 * kMbit;
  int taken = 0;
  for (int i = 0; i < 20 && world.live(0) == 0; ++i, ++taken) {
    world.pass(5s);
    world.take();
    if (world.live(0) == 0 && world.live(1) > 3) world.end_one(1);
  }
  BOOST_TEST(world.live(0) == 1u);
  BOOST_TEST(taken < 12);  // within a minute
}

BOOST_AUTO_TEST_CASE(least_traffic_takes_the_link_that_moved_less) {
  Bulk world("least-traffic", {50 * kMbit, 5 * kMbit});
  BOOST_TEST(world.take(2) == "AB");
  world.pass(5s);
  BOOST_TEST(world.take(2) == "BB");
}

BOOST_AUTO_TEST_CASE(several_at_a_moment_do_not_all_take_the_idle_link) {
  Bulk world("least-traffic", {50 * kMbit, 50 * kMbit, 50 * kMbit});
  world.take(2);
  world.pass(5s);
  const auto burst = world.take(7);
  std::map<char, int> count;
  for (const auto name : burst) ++count[name];
  BOOST_TEST(count['C'] == 3);
  BOOST_TEST(count['A'] == 2);
}

BOOST_AUTO_TEST_CASE(lowest_latency_prefers_the_link_that_answers_sooner_for_what_it_has_to_do) {
  Bulk world("lowest-latency", {kMbit, kMbit});
  world.set->answered(world.at(0), 100ms, world.now);
  world.set->answered(world.at(1), 30ms, world.now);
  BOOST_TEST(world.take(3) == "BBB");
  BOOST_TEST(world.take(1) == "A");  // 4 times 30 ms are more than 100 ms
}

BOOST_AUTO_TEST_CASE(a_link_that_fails_is_slow_even_if_it_fails_at_once) {
  Bulk world("lowest-latency", {kMbit, kMbit});
  world.set->answered(world.at(1), 50ms, world.now);
  world.set->failed(world.at(0), 1ms, world.now);
  BOOST_TEST(world.take(8) == "BBBBBBBB");
}

BOOST_AUTO_TEST_CASE(lowest_latency_tries_a_slow_link_again) {
  Bulk world("lowest-latency", {kMbit, kMbit});
  world.set->answered(world.at(0), 2s, world.now);
  std::string taken;
  for (int i = 0; i < 60; ++i) {
    world.now += 1s;
    world.set->answered(world.at(1), 20ms, world.now);
    auto turn = world.set->take_turn({{true, false}, world.now});
    taken += turn->link().name();
  }
  BOOST_TEST(taken.substr(0, 30).find('A') == std::string::npos);
  BOOST_TEST(taken.find('A') != std::string::npos);
}

BOOST_AUTO_TEST_CASE(overflow_keeps_to_the_first_link_until_it_is_as_full_as_it_may_be) {
  Bulk world("overflow", {20 * kMbit, 20 * kMbit});
  world.at(0).set_full_rate(20 * kMbit);
  BOOST_TEST(world.take(6) == "AAAABB");  // nothing measured yet: four at a time
  world.pass(5s);
  BOOST_TEST(world.take(2) == "BB");
  while (world.live(0) > 0) world.end_one(0);
  world.pass(10s);
  BOOST_TEST(world.take(1) == "A");
}

BOOST_AUTO_TEST_CASE(overflow_learns_when_a_link_is_full) {
  Bulk world("overflow", {20 * kMbit, 20 * kMbit});
  BOOST_TEST(world.take(1) == "A");
  world.pass(5s);
  BOOST_TEST(world.take(1) == "A");  // one connection alone tells nothing
  world.pass(5s);
  BOOST_TEST(world.take(3) == "BBB");  // each has half of what one had
}

BOOST_AUTO_TEST_CASE(what_a_server_gives_slowly_does_not_fill_a_link) {
  Bulk world("overflow", {0, 0});
  for (int i = 1; i <= 20; ++i) {
    world.rates_of[0] = i * kMbit;  // each connection has 1 Mbit/s, however many there are
    BOOST_TEST(world.take() == "A");
    world.pass(3s);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link
