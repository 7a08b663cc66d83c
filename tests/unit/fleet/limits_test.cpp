// Where requests end: times, sizes, how many at once; in the simulator.
#include "tests/unit/fleet/fleet_world.hpp"

#include <fmt/format.h>

namespace dispatch::fleet {
namespace {

BOOST_AUTO_TEST_SUITE(fleet_limits)

// A coordinator that does not notice for an hour that an agent is silent.
CoordinatorOptions patient() {
  CoordinatorOptions options;
  options.limits.per_agent = 0;
  return options;
}

struct PatientFleet : FleetWorld {
  explicit PatientFleet(CoordinatorOptions with = patient()) : FleetWorld(std::move(with)) {
    options.agent_socket.silence = 1h;
    hub.reboot();
    start_coordinator();
  }
};

BOOST_AUTO_TEST_CASE(a_silent_agent_is_504_at_the_deadline_and_nobody_is_asked_after_it) {
  PatientFleet fleet;
  fleet.add_agent("alpha");
  fleet.add_agent("beta");
  fleet.run_for(1s);
  for (auto& each : fleet.agents) each->host->freeze();
  const auto began = fleet.simulation.now();
  const auto answer = fleet.execute_now("x", {{"timeout", 2}});
  BOOST_TEST((fleet.simulation.now() - began < 2100ms));
  BOOST_TEST(answer.status == 504u);
  BOOST_TEST(answer.text("detail") == "Request timeout");
  BOOST_TEST(fleet.history.records().size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_attempt_has_a_time_of_its_own) {
  PatientFleet fleet;
  fleet.add_agent("alpha");
  fleet.add_agent("beta");
  fleet.run_for(1s);
  fleet.agents[0]->host->freeze();
  const auto began = fleet.simulation.now();
  for (const auto* name : {"a", "b"}) {  // one of them has its first turn at alpha
    const auto answer = fleet.execute_now(name, {{"timeout", 20}, {"attempt_timeout", 1.5}});
    BOOST_TEST(answer.object().at("success").as_bool());
    BOOST_TEST(answer.source() == "198.51.2.1");
  }
  const auto took = fleet.simulation.now() - began;
  BOOST_TEST((took > 1500ms && took < 1900ms));
}

BOOST_AUTO_TEST_CASE(attempts_are_as_many_as_asked_for) {
  FleetWorld fleet;
  for (const auto* name : {"alpha", "beta", "gamma", "delta", "epsilon"}) fleet.add_agent(name);
  fleet.run_for(1s);
  fleet.execute_now("usual?drop");
  BOOST_TEST(fleet.times("usual") == 3u);
  fleet.execute_now("once?drop", {{"attempts", 1}});
  BOOST_TEST(fleet.times("once") == 1u);
  fleet.execute_now("four?drop", {{"attempts", 4}});
  BOOST_TEST(fleet.times("four") == 4u);
  BOOST_TEST(fleet.execute_now("none", {{"attempts", 0}}).status == 422u);
}

BOOST_AUTO_TEST_CASE(a_target_that_does_not_answer_the_handshake_leaves_time_for_another_address) {
  FleetWorld fleet;
  fleet.add_agent("alpha", 1, [](AgentOptions& its) { its.fetcher.connect_timeout = 1s; });
  fleet.run_for(1s);
  fleet.shop_link->set_state(sim::LinkState::blackhole);
  const auto began = fleet.simulation.now();
  const auto answer = fleet.execute_now("x", {{"timeout", 20}, {"method", "POST"}});
  BOOST_TEST(answer.text("outcome") == "unreachable");
  BOOST_TEST(!answer.object().at("sent").as_bool());
  BOOST_TEST((fleet.simulation.now() - began < 1100ms));
}

BOOST_AUTO_TEST_CASE(what_callers_post_has_a_size) {
  CoordinatorOptions options;
  options.request_bytes_max = 1000;
  FleetWorld fleet(options);
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  const auto of_size = [](std::size_t size) {
    std::string text = R"({"url":"http://203.0.113.80/sized","body":")";
    text.append(size - text.size() - 2, 'x');
    return text + "\"}";
  };
  BOOST_TEST(fleet.ask("POST", "/api/execute", of_size(1000)).status == 200u);
  BOOST_TEST(fleet.ask("POST", "/api/execute", of_size(1001)).status == 413u);
  // Before any of it has come.
  const auto announced =
      fleet.send("POST",
                 "POST /api/execute HTTP/1.1\r\nHost: 203.0.113.1:8000\r\nContent-Length: 1001\r\n"
                 "Expect: 100-continue\r\n\r\n");
  fleet.run_for(1s);
  BOOST_TEST(announced->status == 413u);
  // One that does not say its size beforehand.
  const auto chunked = [&](std::size_t size) {
    const auto text = of_size(size);
    return fleet.send("POST", fmt::format("POST /api/execute HTTP/1.1\r\nHost: 203.0.113.1:8000\r\n"
                                          "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                                          "{:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
                                          500, text.substr(0, 500), size - 500, text.substr(500)));
  };
  const auto fits = chunked(1000);
  const auto too_large = chunked(1001);
  fleet.run_for(1s);
  BOOST_TEST(fits->status == 200u);
  BOOST_TEST(too_large->status == 413u);
  BOOST_TEST(fleet.times("sized") == 2u);
}

BOOST_AUTO_TEST_CASE(the_history_keeps_the_beginning_of_a_body) {
  CoordinatorOptions options;
  options.history_body_max = 10;
  FleetWorld fleet(options);
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  BOOST_TEST(fleet.execute_now("a?bytes=10").text("body").size() == 10u);
  BOOST_TEST(fleet.execute_now("b?bytes=11").text("body").size() == 11u);
  const auto& records = fleet.history.records();
  BOOST_TEST(records[0].result.body.as_string().size() == 10u);
  BOOST_TEST(!records[0].body_cut);
  BOOST_TEST(records[1].result.body.as_string().size() == 10u);
  BOOST_TEST(records[1].body_cut);
  BOOST_TEST(records[1].result.response_bytes == 11u);
}

BOOST_AUTO_TEST_CASE(only_so_many_wait_for_a_place) {
  CoordinatorOptions options;
  options.limits.per_agent = 1;
  options.waiting_max = 1;
  FleetWorld fleet(options);
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  const auto first = fleet.execute("first?wait=1000");
  fleet.run_for(50ms);
  const auto second = fleet.execute("second");
  fleet.run_for(50ms);
  const auto third = fleet.execute_now("third");
  BOOST_TEST(third.status == 503u);
  BOOST_TEST(third.text("detail") == "Too many requests wait already");
  fleet.run_for(2s);
  BOOST_TEST(first->status == 200u);
  BOOST_TEST(second->status == 200u);
}

BOOST_AUTO_TEST_CASE(an_agent_refuses_what_is_too_much_for_it_and_another_takes_it) {
  PatientFleet fleet;
  fleet.add_agent("alpha", 1, [](AgentOptions& its) { its.executing_max = 2; });
  fleet.run_for(1s);
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(fleet.execute(fmt::format("e{}?wait=1000", i)));
  fleet.run_for(500ms);
  BOOST_TEST(std::ranges::count_if(answers, [](const auto& each) { return each->ended; }) == 1);
  fleet.add_agent("beta");
  fleet.run_for(50ms);
  BOOST_TEST(fleet.execute_now("more", {{"method", "POST"}}).source() == "198.51.2.1");
  fleet.run_for(1s);
  BOOST_TEST(fleet.ledger->requests() == 3u);
}

BOOST_AUTO_TEST_CASE(an_agent_that_does_not_read_is_given_up) {
  PatientFleet fleet;
  fleet.options.agent_socket.backlog_max = 1'000'000;
  fleet.hub.reboot();
  fleet.start_coordinator();
  fleet.add_agent("alpha");
  fleet.run_for(1s);
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == 1u);
  fleet.agents[0]->host->freeze();
  const std::string large(500'000, 'x');
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 30; ++i) {
    answers.push_back(fleet.execute("x", {{"body", large}, {"method", "POST"}}));
    fleet.run_for(100ms);
  }
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == 0u);
  BOOST_TEST(answers.front()->text("outcome") == "agent_lost");
}

BOOST_AUTO_TEST_CASE(the_family_of_the_source_is_the_targets_or_as_asked_for) {
  FleetWorld fleet;
  fleet.agents_have_v6 = true;
  fleet.add_agent("alpha");
  fleet.add_agent("beta");
  fleet.run_for(1s);
  BOOST_TEST(fleet.coordinator().pool().offered_addresses() == 4u);
  const auto sources = [&](const std::string& url, json::object more = {}) {
    std::string found;
    more["url"] = url;
    for (int i = 0; i < 4; ++i) {
      const auto answer = fleet.execute_now("", more);
      BOOST_TEST(answer.object().at("success").as_bool(), answer.body);
      BOOST_TEST(answer.object().at("metadata").at("attempts").to_number<int>() == 1);
      found += answer.source().find(':') == std::string::npos ? '4' : '6';
    }
    return found;
  };
  BOOST_TEST(sources("http://203.0.113.80/x") == "4444");
  BOOST_TEST(sources("http://[2001:db8:80::80]/x") == "6666");
  BOOST_TEST(sources("http://shop.example/x", {{"family", "ipv4"}}) == "4444");
  BOOST_TEST(sources("http://shop.example/x", {{"family", "ipv6"}}) == "6666");
  const auto both = sources("http://shop.example/x");
  BOOST_TEST(std::ranges::count(both, '4') == 2);
  BOOST_TEST(fleet.execute_now("x", {{"family", "ipv5"}}).status == 422u);
  const auto other = fleet.execute_now("x", {{"family", "ipv6"}});
  BOOST_TEST(other.status == 422u);
  BOOST_TEST(other.body.find("203.0.113.80 is of the other family") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_thousand_agents_are_connected_and_each_has_its_turn) {
  FleetWorld fleet;
  constexpr std::size_t kAgents = 1000;
  for (std::size_t i = 0; i < kAgents; ++i) fleet.add_agent(fmt::format("a{}", i));
  fleet.run_for(2s);
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == kAgents);
  std::vector<std::shared_ptr<Answer>> answers;
  for (std::size_t i = 0; i < kAgents; ++i) {
    answers.push_back(fleet.execute(fmt::format("t{}", i)));
    if (i % 50 == 0) fleet.run_for(50ms);
  }
  fleet.run_for(5s);
  for (const auto& each : answers) BOOST_REQUIRE(each->status == 200u);
  BOOST_TEST(fleet.ledger->sources().size() == kAgents);
  for (const auto& [address, count] : fleet.ledger->sources()) BOOST_REQUIRE(count == 1u);
  // All of them come back.
  fleet.kill_coordinator();
  fleet.run_for(1s);
  fleet.start_coordinator();
  fleet.run_for(5s);
  BOOST_TEST(fleet.coordinator().pool().connected_agents() == kAgents);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::fleet
