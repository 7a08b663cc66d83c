// Agents and coordinators that lose each other, in the simulator.
#include "engine/net/task_group.hpp"
#include "tests/unit/fleet/fleet_world.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace dispatch::fleet {
namespace {

BOOST_AUTO_TEST_SUITE(fleet_reconnect)

BOOST_AUTO_TEST_CASE(agents_are_back_within_five_seconds_of_a_restart_and_the_history_is_whole) {
  FleetWorld fleet;
  for (const auto* name : {"alpha", "beta", "gamma"}) fleet.add_agent(name);
  fleet.run_for(1s);
  for (int i = 0; i < 5; ++i) fleet.execute_now(fmt::format("before{}", i));
  fleet.kill_coordinator();
  fleet.run_for(60s);
  fleet.start_coordinator();
  fleet.run_for(5s);
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == 3u);
  BOOST_TEST(fleet.execute_now("after").object().at("success").as_bool());
  const auto history = fleet.ask("GET", "/api/history").object();
  BOOST_TEST(history.at("history").as_array().size() == 6u);
}

// An agent that is cancelled so many steps after it has noticed that its connection has ended.
struct EndingFleet : FleetWorld {
  explicit EndingFleet(int steps)
      : host(world.add_host("alpha")),
        own_options(agent_options("alpha")),
        group(host.executor(), nullptr) {
    world.attach(host, "eth0", {prefix("198.51.1.1/24")}, sim::LinkOptions::symmetric(usual()));
    simulation.set_log_sink(
        [this, steps](net::TimePoint, std::string_view, net::LogLevel, std::string_view line) {
          if (line.find("the connection to coordinator") == std::string_view::npos) return;
          simulation.spawn(cancel_after(steps));
        });
    own = std::make_unique<Agent>(host, own_options);
    group.spawn(own->run());
    run_for(1s);
    (void)execute("x?wait=5000");
    run_for(100ms);
    BOOST_REQUIRE(own->executing() == 1u);
    kill_coordinator();
  }
  ~EndingFleet() { simulation.drop_tasks(); }

  net::Task<void> cancel_after(int steps) {
    for (int i = 0; i < steps; ++i) {
      co_await net::asio::post(simulation.executor(), net::asio::use_awaitable);
    }
    was_tidying_up = own->connected() != 0;
    group.cancel();
  }

  sim::Host& host;
  AgentOptions own_options;
  std::unique_ptr<Agent> own;
  net::TaskGroup group;
  bool was_tidying_up = false;
};

BOOST_AUTO_TEST_CASE(an_agent_that_is_cancelled_as_its_connection_ends_ends_too) {
  int steps = 0;
  for (bool is_late = false; !is_late; ++steps) {
    EndingFleet fleet(steps);
    fleet.run_for(10s);
    BOOST_TEST(fleet.group.size() == 0u, "it goes on, cancelled after " << steps << " steps");
    is_late = !fleet.was_tidying_up;
  }
  BOOST_TEST(steps > 5);
}

BOOST_AUTO_TEST_CASE(an_agent_that_connects_again_replaces_its_old_connection) {
  FleetWorld fleet;
  auto& alpha = fleet.add_agent("alpha");
  fleet.run_for(1s);
  // Its program is started again before the coordinator knows that it was gone.
  alpha.host->reboot();
  fleet.start_agent(alpha);
  fleet.run_for(1s);
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == 1u);
  fleet.run_for(20s);  // the old connection's end changes nothing
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == 1u);
  BOOST_TEST(fleet.execute_now("x").object().at("success").as_bool());
}

BOOST_AUTO_TEST_CASE(two_agents_of_one_id_hear_of_it_and_take_their_time) {
  FleetWorld fleet;
  int warnings = 0;
  fleet.simulation.set_log_sink(
      [&](net::TimePoint, std::string_view, net::LogLevel level, std::string_view line) {
        const bool says = line.find("another agent has connected as twin") != std::string::npos;
        if (level == net::LogLevel::warning && says) ++warnings;
      });
  for (const auto* name : {"one", "two"}) {
    fleet.add_agent(name, 1, [](AgentOptions& its) { its.id = "twin"; });
  }
  fleet.run_for(60s);
  BOOST_TEST(warnings > 0);
  for (const auto& each : fleet.agents) BOOST_TEST(each->agent->counters().connections < 30u);
  BOOST_TEST(fleet.execute_now("x").object().at("success").as_bool());
}

BOOST_AUTO_TEST_CASE(a_silent_agent_is_given_up_and_its_requests_go_elsewhere) {
  FleetWorld fleet;
  auto& alpha = fleet.add_agent("alpha");
  fleet.add_agent("beta");
  fleet.run_for(1s);
  alpha.host->freeze();
  const auto answer = fleet.execute("x", {{"timeout", 20}});
  fleet.run_for(6s);  // twice the silence of 2 s
  BOOST_TEST(answer->ended);
  BOOST_TEST(answer->object().at("success").as_bool());
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == 1u);
  alpha.host->thaw();
  fleet.run_for(6s);
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == 2u);
}

BOOST_AUTO_TEST_CASE(addresses_that_come_and_go_are_followed) {
  FleetWorld fleet;
  auto& alpha = fleet.add_agent("alpha", 2);
  fleet.run_for(1s);
  alpha.host->remove_address("eth0", *net::parse_address("198.51.1.1"));
  fleet.run_for(1s);
  // The connection to the coordinator was from that address, and is made anew.
  for (int i = 0; i < 3; ++i) BOOST_TEST(fleet.execute_now("x").source() == "198.51.1.2");
  alpha.host->add_address("eth0", prefix("198.51.1.1/24"));
  fleet.run_for(1s);
  const auto pool = fleet.ask("GET", "/api/pool/status").object();
  BOOST_TEST(pool.at("total_ips").to_number<int>() == 2);
}

BOOST_AUTO_TEST_CASE(a_removed_agent_does_not_come_back) {
  FleetWorld fleet;
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  BOOST_TEST(fleet.ask("DELETE", "/api/agents/alpha").status == 200u);
  fleet.run_for(30s);
  const auto agents = fleet.ask("GET", "/api/agents").object();
  BOOST_TEST(agents.at("agents").as_array().empty());
  BOOST_TEST(fleet.ask("DELETE", "/api/agents/alpha").status == 404u);
}

BOOST_AUTO_TEST_CASE(tokens_keep_others_out) {
  CoordinatorOptions options;
  options.api_tokens.add("caller-token");
  options.agent_tokens.add("agent-token");
  FleetWorld fleet(options);
  fleet.add_agent("stranger");
  auto& friendly = fleet.add_agent("friend");
  friendly.options->token = "agent-token";
  fleet.run_for(6s);
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == 1u);
  const auto without = fleet.call("GET", "/api/agents");
  const auto wrong = fleet.call("GET", "/api/agents", "", "agent-token");
  const auto right = fleet.call("GET", "/api/agents", "", "caller-token");
  const auto health = fleet.call("GET", "/healthz");
  fleet.run_for(1s);
  BOOST_TEST(without->status == 401u);
  BOOST_TEST(wrong->status == 401u);
  BOOST_TEST(right->status == 200u);
  BOOST_TEST(health->status == 200u);
}

BOOST_AUTO_TEST_CASE(without_agents_the_original_errors_are_given) {
  FleetWorld fleet;
  fleet.run_for(1s);
  const auto none = fleet.execute_now("x");
  BOOST_TEST(none.status == 400u);
  BOOST_TEST(none.text("detail") == "No IP addresses available in pool");
  auto& alpha = fleet.add_agent("alpha");
  fleet.run_for(1s);
  alpha.host->kill();
  fleet.run_for(1s);
  const auto gone = fleet.execute_now("x");
  BOOST_TEST(gone.status == 503u);
  BOOST_TEST(gone.text("detail") == "No available IPs in pool");
  const auto pinned = fleet.execute_now("x", {{"agent_id", "alpha"}});
  BOOST_TEST(pinned.status == 503u);
  BOOST_TEST(pinned.text("detail") == "Agent alpha is not connected");
  BOOST_TEST(fleet.ask("GET", "/api/execute").text("detail") ==
             "No request configuration available");
  // Each of them is in the history.
  BOOST_TEST(fleet.history.records().size() == 3u);
}

// A partition, then a heal: with any seed nothing is lost, and nothing unsafe executed twice.
BOOST_AUTO_TEST_CASE(partitions_lose_nothing_and_double_nothing) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    FleetWorld fleet({}, seed);
    for (const auto* name : {"alpha", "beta", "gamma"}) fleet.add_agent(name);
    fleet.run_for(1s);
    auto& chance = fleet.simulation.random("test/partitions");
    std::vector<std::shared_ptr<Answer>> answers;
    for (int i = 0; i < 60; ++i) {
      answers.push_back(fleet.execute(fmt::format("p{}?wait=100", i),
                                      {{"method", i % 2 == 0 ? "GET" : "POST"}, {"timeout", 8}}));
      if (i % 10 == 3) {
        auto& victim = *fleet.agents[chance.below(3)]->link;
        victim.set_state(sim::LinkState::blackhole);
      }
      if (i % 10 == 8) {
        for (auto& each : fleet.agents) {
          each->link->set_state(sim::LinkState::up);
        }
      }
      fleet.run_for(net::Duration(chance.below(400'000'000)));
    }
    fleet.run_for(20s);
    for (int i = 0; i < 60; ++i) {
      BOOST_REQUIRE(answers[i]->ended);
      BOOST_TEST(answers[i]->status != 0u);
      const auto times = fleet.times(fmt::format("p{}", i));
      if (i % 2 == 1) BOOST_TEST(times <= 1u);
      const bool success =
          answers[i]->status == 200 && answers[i]->object().at("success").as_bool();
      if (success) BOOST_TEST(times >= 1u);
    }
    BOOST_TEST(fleet.coordinator().executing() == 0u);
    for (const auto& each : fleet.agents) BOOST_TEST(each->agent->executing() == 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::fleet
