// A monitor and its coordinator that lose each other, in the simulator.
#include "engine/fleet/monitor_client.hpp"

#include "tests/unit/fleet/fleet_world.hpp"

#include <fmt/format.h>

namespace dispatch::fleet {
namespace {

BOOST_AUTO_TEST_SUITE(fleet_monitor)

struct MonitoredFleet : FleetWorld {
  explicit MonitoredFleet(CoordinatorOptions with = {}, const std::string& token = "")
      : FleetWorld(std::move(with)) {
    monitor_options.coordinator = *parse_target_url("http://203.0.113.1:8000");
    monitor_options.token = token;
    monitor_options.socket.silence = 2s;
    MonitorEvents events;
    events.connected = [this] { ++connections; };
    events.heard = [this](std::string text) { heard.push_back(json::parse(text).as_object()); };
    events.lost = [this](const std::string& why, net::Duration pause) {
      reasons.push_back(why);
      pauses.push_back(pause);
      lost_at.push_back(simulation.now());
    };
    client = std::make_unique<MonitorClient>(caller, monitor_options, std::move(events));
    caller.spawn(client->run());
  }
  ~MonitoredFleet() { simulation.drop_tasks(); }

  std::size_t count(std::string_view type) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        heard, [&](const auto& each) { return each.at("type").as_string() == type; }));
  }

  MonitorOptions monitor_options;
  std::unique_ptr<MonitorClient> client;
  std::size_t connections = 0;
  std::vector<json::object> heard;
  std::vector<std::string> reasons;
  std::vector<net::Duration> pauses;
  std::vector<net::TimePoint> lost_at;
};

BOOST_AUTO_TEST_CASE(a_monitor_hears_a_snapshot_and_then_what_changes) {
  MonitoredFleet fleet;
  fleet.add_agent("alpha");
  fleet.run_for(3s);
  BOOST_TEST(fleet.connections == 1U);
  BOOST_TEST(fleet.count("snapshot") == 1U);
  BOOST_TEST((fleet.heard.front().at("type").as_string() == "snapshot"));
  BOOST_TEST(fleet.count("agents") > 0U);
  BOOST_TEST(fleet.count("history") == 0U);
  (void)fleet.execute_now("x");
  fleet.run_for(1s);
  BOOST_TEST(fleet.count("history") == 1U);
  BOOST_TEST(fleet.reasons.empty());
}

BOOST_AUTO_TEST_CASE(it_tries_again_ever_more_slowly_and_has_a_new_snapshot) {
  MonitoredFleet fleet;
  fleet.run_for(2s);
  fleet.kill_coordinator();
  fleet.run_for(40s);
  BOOST_TEST(fleet.connections == 1U);
  BOOST_TEST(fleet.pauses.size() > 5U);
  BOOST_TEST((fleet.pauses.front() <= 300ms));
  for (const auto& each : fleet.pauses) BOOST_TEST((each <= 4800ms));
  BOOST_TEST((fleet.pauses.back() >= 3200ms));
  fleet.start_coordinator();
  fleet.run_for(5s);
  BOOST_TEST(fleet.connections == 2U);
  BOOST_TEST(fleet.count("snapshot") == 2U);
}

BOOST_AUTO_TEST_CASE(a_pause_can_be_cut_short) {
  MonitoredFleet fleet;
  fleet.run_for(2s);
  fleet.kill_coordinator();
  fleet.run_for(40s);
  // Just behind an attempt: the next one would be seconds away.
  const auto attempts = fleet.lost_at.size();
  for (int i = 0; i < 600 && fleet.lost_at.size() == attempts; ++i) fleet.run_for(10ms);
  BOOST_REQUIRE(fleet.lost_at.size() == attempts + 1);
  fleet.start_coordinator();
  fleet.run_for(500ms);
  BOOST_TEST(fleet.connections == 1U);
  fleet.client->try_now();
  fleet.run_for(500ms);
  BOOST_TEST(fleet.connections == 2U);
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_is_cut_off_is_noticed) {
  MonitoredFleet fleet;
  fleet.run_for(2s);
  fleet.hub_link->set_state(sim::LinkState::blackhole);
  fleet.run_for(6s);  // twice the silence of 2 s
  BOOST_TEST(!fleet.reasons.empty());
  fleet.hub_link->set_state(sim::LinkState::up);
  fleet.run_for(16s);
  BOOST_TEST(fleet.connections == 2U);
}

BOOST_AUTO_TEST_CASE(a_wrong_token_is_told_and_a_right_one_opens) {
  CoordinatorOptions options;
  options.api_tokens.add("right");
  MonitoredFleet wrong(options, "wrong");
  wrong.run_for(2s);
  BOOST_TEST(wrong.connections == 0U);
  BOOST_REQUIRE(!wrong.reasons.empty());
  BOOST_TEST(wrong.reasons.front().starts_with("401 the token is missing or wrong"));
  MonitoredFleet right(options, "right");
  right.run_for(2s);
  BOOST_TEST(right.connections == 1U);
}

BOOST_AUTO_TEST_CASE(calls_are_answered_and_one_that_is_given_up_is_cancelled) {
  MonitoredFleet fleet;
  fleet.add_agent("alpha");
  fleet.run_for(2s);
  std::vector<CoordinatorAnswer> answers;
  const auto call = [&](std::string method, std::string path, std::string content,
                        net::Duration timeout) {
    fleet.caller.spawn([](MonitoredFleet& self, std::vector<CoordinatorAnswer>& out, std::string m,
                          std::string p, std::string c, net::Duration t) -> net::Task<void> {
      out.push_back(co_await self.client->call(std::move(m), std::move(p), std::move(c), t));
    }(fleet, answers, std::move(method), std::move(path), std::move(content), timeout));
  };
  call("GET", "/api/stats", "", 5s);
  call("PUT", "/api/config/requests/mine", R"({"url":"http://203.0.113.80/mine"})", 5s);
  fleet.run_for(1s);
  BOOST_REQUIRE(answers.size() == 2U);
  for (const auto& each : answers) BOOST_TEST(each.head.status == 200U);
  BOOST_TEST(fleet.count("configs") == 1U);
  call("POST", "/api/execute", R"({"url":"http://203.0.113.80/slow?wait=10000","method":"POST"})",
       2s);
  fleet.run_for(1s);
  BOOST_TEST(fleet.coordinator().executing() == 1U);
  fleet.run_for(2s);
  BOOST_REQUIRE(answers.size() == 3U);
  BOOST_TEST(!answers.back().failure.empty());
  fleet.run_for(1s);
  BOOST_TEST(fleet.coordinator().executing() == 0U);
}

BOOST_AUTO_TEST_CASE(agents_that_stay_away_are_forgotten_and_their_counts_are_not) {
  CoordinatorOptions options;
  options.forget_after = 60s;
  options.agents_max = 3;
  FleetWorld fleet(options);
  for (const auto* name : {"alpha", "beta", "gamma"}) fleet.add_agent(name);
  fleet.run_for(1s);
  for (int i = 0; i < 6; ++i) fleet.execute_now(fmt::format("x{}", i));
  const auto attempts = fleet.coordinator().figures().attempts();
  fleet.agents[0]->host->kill();
  fleet.run_for(50s);
  BOOST_TEST(fleet.coordinator().pool().agents().size() == 3U);
  fleet.run_for(20s);
  BOOST_TEST(fleet.coordinator().pool().agents().size() == 2U);
  BOOST_TEST(fleet.coordinator().figures().attempts() == attempts);
  const auto metrics = fleet.ask("GET", "/metrics").body;
  BOOST_TEST(metrics.find("\"alpha\"") == std::string::npos);
  BOOST_TEST(metrics.find("\"(forgotten)\"") != std::string::npos);
  // One that has left makes room for a new one at once, one that is connected does not.
  fleet.add_agent("delta");
  fleet.run_for(1s);
  fleet.agents[1]->host->kill();
  fleet.run_for(3s);
  fleet.add_agent("epsilon");
  fleet.run_for(5s);
  BOOST_TEST(fleet.coordinator().pool().find("epsilon") != nullptr);
  BOOST_TEST(fleet.coordinator().pool().find("beta") == nullptr);
  fleet.add_agent("zeta");
  fleet.run_for(5s);
  BOOST_TEST(fleet.coordinator().pool().find("zeta") == nullptr);
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::fleet
