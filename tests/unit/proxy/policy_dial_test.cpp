// What policies have the dialer do.
#include "engine/link/policy/registry.hpp"
#include "engine/net/task_group.hpp"
#include "tests/unit/proxy/dial_world.hpp"

#include <boost/test/unit_test.hpp>

#include <list>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(policy_dial)
namespace {

Target at(const char* address, std::uint16_t port = 80) {
  return {DialWorld::ip(address), port};
}

// Wi-Fi answers after 30 ms, LTE after 70 ms.
struct PolicyWorld : DialWorld {
  explicit PolicyWorld(std::string_view policy,
                       std::vector<std::string> arguments = {"wifi", "lte"})
      : DialWorld(std::move(arguments)) {
    links->set_policy(link::parse_policy(policy).make);
  }
};

BOOST_AUTO_TEST_CASE(fastest_keeps_the_first_connection_that_stands) {
  PolicyWorld world("fastest");
  for (int i = 0; i < 6; ++i) {
    const auto outcome = world.dial(at(DialWorld::kWww4));
    BOOST_TEST(outcome.link() == "wifi");
    BOOST_TEST((outcome.took == DialWorld::kWifiRtt));
  }
  BOOST_TEST(world.links->links()[1]->counters().dials == 6u);
  BOOST_TEST(world.links->links()[1]->counters().dial_failures == 0u);
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(fastest_goes_on_where_the_fastest_link_is_silent) {
  PolicyWorld world("fastest");
  world.world.find_link("laptop/wifi")->set_state(sim::LinkState::blackhole);
  {
    const auto outcome = world.dial(at(DialWorld::kWww4));
    BOOST_TEST(outcome.link() == "lte");
    BOOST_TEST((outcome.took == DialWorld::kLteRtt));
  }
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(the_turns_of_links_that_lose_are_given_back) {
  PolicyWorld world("fastest", {"wifi/2", "lte/1"});
  for (int i = 0; i < 10; ++i) world.dial(at(DialWorld::kWww4));
  world.links->set_policy(link::default_policy().make);
  BOOST_TEST(world.shares(at(DialWorld::kWww4), 9)["lte"] == 3);
}

// Dials to who answers, who refuses, who is silent and who is unknown, through links that vanish
// and come back meanwhile, some of them given up part of the way.
void storm(std::string_view policy) {
  PolicyWorld world(policy);
  std::list<DialWorld::Outcome> outcomes;
  const std::vector<Target> targets{at(DialWorld::kWww4),          at(DialWorld::kWww4, 81),
                                    at(DialWorld::kNobody4),       Target{"both.example", 80},
                                    Target{"nowhere.example", 80}, Target{"dead6.example", 80}};
  net::TaskGroup group(world.laptop.executor(), nullptr);
  for (int i = 0; i < 120; ++i) {
    auto& outcome = outcomes.emplace_back();
    group.spawn(DialWorld::dial_into(world, targets[std::size_t(i) % targets.size()], outcome));
    world.simulation.run_for(17ms);
    auto& link = *world.links->links()[std::size_t(i / 20) % 2];
    auto& line = *world.world.find_link("laptop/" + link.name());
    if (i % 20 == 5) line.set_state(sim::LinkState::blackhole);
    if (i % 20 == 9) world.links->set_standing(link, {link::Health::down, "silent", {}});
    if (i % 20 == 13) line.set_state(sim::LinkState::up);
    if (i % 20 == 15) world.links->set_standing(link, {});
  }
  group.cancel();
  world.simulation.run_for(60s);
  BOOST_TEST(group.size() == 0u, policy);
  outcomes.clear();
  for (const auto* link : world.links->links()) {
    BOOST_TEST(link->counters().dialling == 0u, policy);
    BOOST_TEST(link->counters().live == 0u, policy);
  }
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(nothing_is_left_after_a_storm_of_failures_whatever_the_policy) {
  for (const auto& policy : link::policies()) storm(policy.name);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
