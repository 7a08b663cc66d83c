// Requests through a coordinator and its agents, in the simulator: where they leave from, what is
// repeated and what is not, limits, deadlines.
#include "tests/unit/fleet/fleet_world.hpp"

#include <fmt/format.h>

#include <set>

namespace dispatch::fleet {
namespace {

BOOST_AUTO_TEST_SUITE(fleet_execute)

BOOST_AUTO_TEST_CASE(a_request_leaves_from_the_agents_address_and_its_answer_comes_back) {
  FleetWorld fleet;
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  const auto answer = fleet.execute_now("one");
  BOOST_TEST(answer.status == 200u);
  const auto result = answer.object();
  BOOST_TEST(result.at("success").as_bool());
  BOOST_TEST(result.at("status_code").to_number<int>() == 200);
  BOOST_TEST(answer.text("body") == "one\n");
  BOOST_TEST(answer.source() == "198.51.1.1");
  BOOST_TEST(fleet.times("one") == 1u);
  BOOST_TEST(fleet.ledger->entries().at("one").by.count(*net::parse_address("198.51.1.1")) == 1u);
}

BOOST_AUTO_TEST_CASE(round_robin_is_exact_over_all_addresses_of_all_agents) {
  FleetWorld fleet;
  fleet.add_agent("alpha", 3);
  fleet.add_agent("beta", 1);
  fleet.add_agent("gamma", 2);
  fleet.run_for(1s);
  for (int round = 0; round < 4; ++round) {
    std::set<std::string> sources;
    for (int i = 0; i < 6; ++i) {
      sources.insert(fleet.execute_now(fmt::format("r{}-{}", round, i)).source());
    }
    BOOST_TEST(sources.size() == 6u);
  }
  for (const auto& [address, count] : fleet.ledger->sources()) BOOST_TEST(count == 4u);
}

BOOST_AUTO_TEST_CASE(heartbeats_and_registrations_change_no_counters) {
  FleetWorld fleet;
  auto& alpha = fleet.add_agent("alpha", 2);
  alpha.options->heartbeat = 1s;
  fleet.run_for(1s);
  for (int i = 0; i < 4; ++i) fleet.execute_now(fmt::format("h{}", i));
  fleet.run_for(70s);
  const auto again = fleet.ask("POST", "/api/agents/register",
                               R"({"agent_id":"alpha","hostname":"x","ipv6_addresses":
                               ["198.51.1.1","198.51.1.2"]})");
  BOOST_TEST(again.status == 200u);
  const auto stats = fleet.ask("GET", "/api/stats").object();
  BOOST_TEST(stats.at("total_requests_processed").to_number<int>() == 4);
  const auto pool = fleet.ask("GET", "/api/pool/status").object();
  for (const auto& each : pool.at("ip_pool").as_array()) {
    BOOST_TEST(each.at("requests_count").to_number<int>() == 2);
  }
}

BOOST_AUTO_TEST_CASE(weights_are_shares) {
  CoordinatorOptions options;
  options.strategy = Strategy::weighted;
  FleetWorld fleet(options);
  fleet.add_agent("alpha").options->weight = 3;
  fleet.add_agent("beta");
  fleet.run_for(1s);
  std::string order;
  for (int i = 0; i < 8; ++i) {
    order += fleet.execute_now(fmt::format("w{}", i)).source() == "198.51.1.1" ? 'a' : 'b';
  }
  BOOST_TEST(std::ranges::count(order, 'a') == 6);
}

BOOST_AUTO_TEST_CASE(a_session_sticks_to_its_address_and_moves_when_that_goes) {
  FleetWorld fleet;
  for (const auto* name : {"alpha", "beta", "gamma", "delta"}) fleet.add_agent(name);
  fleet.run_for(1s);
  std::map<std::string, std::string> homes;
  for (const std::string session : {"s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"}) {
    homes[session] = fleet.execute_now(session, {{"session", session}}).source();
    BOOST_TEST(fleet.execute_now(session, {{"session", session}}).source() == homes[session]);
  }
  const auto gone = homes["s1"];
  for (auto& agent : fleet.agents) {
    if (gone == agent->agent->addresses().front()) agent->host->kill();
  }
  fleet.run_for(6s);
  for (const auto& [session, home] : homes) {
    const auto now = fleet.execute_now(session, {{"session", session}}).source();
    BOOST_TEST((now == home) == (home != gone));
  }
}

BOOST_AUTO_TEST_CASE(a_request_can_be_pinned) {
  FleetWorld fleet;
  fleet.add_agent("alpha", 2);
  fleet.add_agent("beta", 2);
  fleet.run_for(1s);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(fleet.execute_now("p", {{"source_ip", "198.51.2.2"}}).source() == "198.51.2.2");
    const auto by_agent = fleet.execute_now("p", {{"agent_id", "alpha"}}).source();
    BOOST_TEST(by_agent.starts_with("198.51.1."));
  }
  const auto nobody = fleet.execute_now("p", {{"agent_id", "nobody"}});
  BOOST_TEST(nobody.status == 404u, nobody.body);
  BOOST_TEST(fleet.execute_now("p", {{"source_ip", "198.51.9.9"}}).status == 404u);
}

BOOST_AUTO_TEST_CASE(least_busy_goes_where_nothing_is_under_way) {
  CoordinatorOptions options;
  options.strategy = Strategy::least_busy;
  FleetWorld fleet(options);
  fleet.add_agent("alpha");
  fleet.add_agent("beta");
  fleet.run_for(1s);
  const auto slow = fleet.execute("slow?wait=5000");
  fleet.run_for(100ms);
  std::set<std::string> sources;
  for (int i = 0; i < 4; ++i) sources.insert(fleet.execute_now(fmt::format("b{}", i)).source());
  BOOST_TEST(sources.size() == 1u);
  fleet.run_for(6s);
  BOOST_TEST(slow->ended);
  BOOST_TEST(sources.count(slow->source()) == 0u);
}

BOOST_AUTO_TEST_CASE(an_agent_executes_many_at_once) {
  FleetWorld fleet;
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  std::vector<std::shared_ptr<Answer>> answers;
  const auto began = fleet.simulation.now();
  for (int i = 0; i < 50; ++i) answers.push_back(fleet.execute(fmt::format("m{}?wait=1000", i)));
  while (!std::ranges::all_of(answers, [](const auto& each) { return each->ended; })) {
    fleet.run_for(10ms);
    BOOST_REQUIRE(fleet.simulation.now() - began < 10s);
  }
  BOOST_TEST((fleet.simulation.now() - began < 1500ms));
}

BOOST_AUTO_TEST_CASE(limits_make_requests_wait_in_their_order) {
  CoordinatorOptions options;
  options.limits.per_agent = 2;
  FleetWorld fleet(options);
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 6; ++i) {
    answers.push_back(fleet.execute(fmt::format("q{}?wait=1000", i)));
    fleet.run_for(5ms);
  }
  fleet.run_for(500ms);
  BOOST_TEST(fleet.coordinator().waiting() == 4u);
  BOOST_TEST(fleet.ledger->requests() == 2u);
  fleet.run_for(1s);
  BOOST_TEST(fleet.ledger->requests() == 4u);
  BOOST_TEST(fleet.times("q2") == 1u);
  BOOST_TEST(fleet.times("q3") == 1u);
  fleet.run_for(3s);
  for (const auto& each : answers) BOOST_TEST(each->status == 200u);
}

BOOST_AUTO_TEST_CASE(a_target_host_has_a_limit_of_its_own) {
  CoordinatorOptions options;
  options.per_host = 1;
  FleetWorld fleet(options);
  fleet.add_agent("alpha");
  fleet.add_agent("beta");
  fleet.run_for(1s);
  const auto first = fleet.execute("first?wait=1000");
  const auto second = fleet.execute("second?wait=1000");
  fleet.run_for(500ms);
  BOOST_TEST(fleet.ledger->requests() == 1u);
  fleet.run_for(2s);
  BOOST_TEST(first->status == 200u);
  BOOST_TEST(second->status == 200u);
}

BOOST_AUTO_TEST_CASE(who_waits_too_long_for_a_place_hears_of_it_at_the_deadline) {
  CoordinatorOptions options;
  options.limits.per_agent = 1;
  FleetWorld fleet(options);
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  const auto slow = fleet.execute("slow?wait=8000");
  fleet.run_for(100ms);
  const auto began = fleet.simulation.now();
  const auto late = fleet.execute_now("late", {{"timeout", 2}});
  BOOST_TEST(late.status == 504u);
  BOOST_TEST(late.text("detail") == "Request timeout");
  BOOST_TEST((fleet.simulation.now() - began < 2100ms));
  fleet.run_for(10s);
  BOOST_TEST(slow->status == 200u);
  BOOST_TEST(fleet.times("late") == 0u);
}

BOOST_AUTO_TEST_CASE(a_slow_target_is_an_answer_before_the_deadline) {
  FleetWorld fleet;
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  const auto began = fleet.simulation.now();
  const auto answer = fleet.execute_now("slow?wait=60000", {{"timeout", 2}, {"method", "POST"}});
  BOOST_TEST((fleet.simulation.now() - began <= 2s));
  BOOST_TEST(answer.status == 200u);
  BOOST_TEST(!answer.object().at("success").as_bool());
  BOOST_TEST(answer.text("outcome") == "timed_out");
  // Its place is free again, and nothing of it goes on.
  fleet.run_for(1s);
  BOOST_TEST(fleet.agents[0]->agent->executing() == 0u);
  BOOST_TEST(fleet.execute_now("next").status == 200u);
}

BOOST_AUTO_TEST_CASE(a_request_is_repeated_by_another_address_where_it_was_not_sent) {
  FleetWorld fleet;
  fleet.add_agent("alpha", 1, [](AgentOptions& its) {
    its.addresses.addresses = {*net::parse_address("198.51.9.9")};
  });
  fleet.add_agent("beta");
  fleet.run_for(3s);
  // 198.51.9.9 is no address of alpha's host: binding to it fails.
  for (int i = 0; i < 4; ++i) {
    const auto answer = fleet.execute_now(fmt::format("n{}", i), {{"method", "POST"}});
    BOOST_TEST(answer.object().at("success").as_bool());
    BOOST_TEST(answer.source() == "198.51.2.1");
    BOOST_TEST(fleet.times(fmt::format("n{}", i)) == 1u);
  }
  // After the first failure the address rests.
  const auto history = fleet.ask("GET", "/api/history?outcome=no_address").object();
  BOOST_TEST(history.at("history").as_array().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_broken_answer_is_repeated_for_a_safe_method_only) {
  FleetWorld fleet;
  fleet.add_agent("alpha");
  fleet.add_agent("beta");
  fleet.run_for(1s);
  const auto post = fleet.execute_now("post?drop", {{"method", "POST"}});
  BOOST_TEST(!post.object().at("success").as_bool());
  BOOST_TEST(post.object().at("sent").as_bool());
  BOOST_TEST(fleet.times("post") == 1u);
  const auto get = fleet.execute_now("get?drop");
  BOOST_TEST(!get.object().at("success").as_bool());
  BOOST_TEST(fleet.times("get") == 2u);  // by both
}

BOOST_AUTO_TEST_CASE(an_agent_killed_in_mid_request_is_an_honest_error_or_a_repeat) {
  for (const auto* method : {"GET", "POST"}) {
    FleetWorld fleet;
    fleet.add_agent("alpha");
    fleet.add_agent("beta");
    fleet.run_for(1s);
    const auto answer = fleet.execute("k?wait=2000", {{"method", method}, {"timeout", 10}});
    fleet.run_for(500ms);
    const bool is_alphas = fleet.coordinator().executions().front().agent_id == "alpha";
    fleet.agents[is_alphas ? 0 : 1]->host->kill();
    fleet.run_for(5s);
    BOOST_REQUIRE(answer->ended);
    const bool safe = method == std::string("GET");
    BOOST_TEST(answer->object().at("success").as_bool() == safe);
    if (!safe) BOOST_TEST(answer->text("outcome") == "agent_lost");
    BOOST_TEST(fleet.times("k") == (safe ? 2u : 1u));
  }
}

BOOST_AUTO_TEST_CASE(a_request_is_cancelled_by_its_id_and_by_a_caller_who_leaves) {
  FleetWorld fleet;
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  const auto answer = fleet.execute("c?wait=9000", {{"request_id", "mine"}});
  fleet.run_for(500ms);
  BOOST_TEST(fleet.agents[0]->agent->executing() == 1u);
  BOOST_TEST(fleet.ask("DELETE", "/api/requests/mine").status == 200u);
  fleet.run_for(500ms);
  BOOST_TEST(answer->ended);
  BOOST_TEST(answer->text("outcome") == "cancelled");
  BOOST_TEST(fleet.agents[0]->agent->executing() == 0u);
  BOOST_TEST(fleet.ask("DELETE", "/api/requests/mine").status == 404u);

  fleet.execute("d?wait=9000", {{"request_id", "other"}});
  fleet.run_for(500ms);
  fleet.caller.kill();
  fleet.run_for(500ms);
  BOOST_TEST(fleet.agents[0]->agent->executing() == 0u);
  BOOST_TEST(fleet.coordinator().executing() == 0u);
  const auto& last = fleet.history.records().back();
  BOOST_TEST(last.request_id == "other");
  BOOST_TEST((last.result.outcome == Outcome::cancelled));
}

BOOST_AUTO_TEST_CASE(private_targets_are_denied_also_behind_redirects) {
  FleetWorld fleet;
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  BOOST_TEST(fleet.execute_now("", {{"url", "http://10.0.0.1/"}}).status == 403u);
  BOOST_TEST(fleet.execute_now("", {{"url", "http://[::1]/"}}).status == 403u);
  const auto moved = fleet.execute_now("m?to=http://127.0.0.1/", {{"follow_redirects", true}});
  BOOST_TEST(moved.text("outcome") == "refused_by_policy");
}

BOOST_AUTO_TEST_CASE(redirects_are_followed_where_that_is_asked_for) {
  FleetWorld fleet;
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  const auto here = fleet.execute_now("r?to=/else/where");
  BOOST_TEST(here.object().at("status_code").to_number<int>() == 302);
  const auto there = fleet.execute_now(
      "s?to=/else/where", {{"follow_redirects", true}, {"method", "POST"}, {"body", "x"}});
  BOOST_TEST(there.object().at("status_code").to_number<int>() == 200);
  BOOST_TEST(there.text("body") == "where\n");
  BOOST_TEST(fleet.ledger->entries().at("where").method == "GET");
  const auto loop =
      fleet.execute_now("t?to=/t?to=/t", {{"follow_redirects", true}, {"max_redirects", 0}});
  BOOST_TEST(!loop.object().at("success").as_bool());
}

BOOST_AUTO_TEST_CASE(connections_are_kept_for_a_source_and_used_again_by_safe_methods) {
  FleetWorld fleet;
  fleet.add_agent("alpha", 2);
  fleet.run_for(1s);
  for (int i = 0; i < 10; ++i) {
    const auto result = fleet.execute_now(fmt::format("k{}", i)).object();
    const auto& metadata = result.at("metadata").as_object();
    BOOST_TEST(metadata.at("reused_connection").as_bool() == (i >= 2));
    BOOST_TEST(metadata.at("remote").as_string() == "203.0.113.80:80");
  }
  BOOST_TEST(fleet.ledger->connections() == 2u);
  fleet.execute_now("p", {{"method", "POST"}});
  BOOST_TEST(fleet.ledger->connections() == 3u);
  fleet.run_for(60s);  // the agent closes what is idle
  fleet.execute_now("later");
  BOOST_TEST(fleet.ledger->connections() == 4u);
}

BOOST_AUTO_TEST_CASE(answers_that_are_too_large_are_refused) {
  FleetWorld fleet;
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  const auto small = fleet.execute_now("b?bytes=1000", {{"max_response_bytes", 1000}});
  BOOST_TEST(small.object().at("success").as_bool());
  const auto large = fleet.execute_now("b?bytes=1001", {{"max_response_bytes", 1000}});
  BOOST_TEST(large.text("outcome") == "too_large");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::fleet
