// Whole runs: the real engine in small worlds.

#include "sim/scenario/run.hpp"

#include "sim/report/json.hpp"
#include "sim/report/text.hpp"
#include "sim/scenario/load.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <thread>

namespace dispatch::scenario {
BOOST_AUTO_TEST_SUITE(run_scenario)
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Two links with jitter and loss, so that chance has a say; 3 MB in six downloads.
Scenario two_lossy_links() {
  return load_text(R"(
dispatch: 1
links:
  a: {rate: 20 Mbit/s, delay: 10ms, jitter: 2ms, loss: 0.5%}
  b: {rate: 10 Mbit/s, delay: 20ms, jitter: 2ms, loss: 0.5%}
hosts: {www: {delay: 2ms}}
engine: {start: [a/2, b/1]}
workloads:
  - {name: big, download: {from: www, size: 500 kB, count: 6, parallel: 3}}
expect: [big.completed, big.bytes_intact, connections(a) == 4, connections(b) == 2]
)",
                   "two_lossy_links");
}

void require_passed(const Result& result) {
  for (const auto& each : result.expectations)
    BOOST_TEST(each.passed, each.text << ": " << each.reason);
}

BOOST_AUTO_TEST_CASE(every_byte_is_accounted_for) {
  const auto result = run(two_lossy_links());
  require_passed(result);
  std::uint64_t payload = 0;
  for (const auto& link : result.links) {
    payload += link.total.payload_down;
    BOOST_TEST(link.total.wire_down > link.total.payload_down);
    BOOST_TEST(link.series.back().payload_down == link.total.payload_down);
  }
  const auto& big = *result.workload("big");
  BOOST_TEST(big.bytes == 3'000'000u);
  // The heads of six responses pass the links, too, and are no payload to the client.
  BOOST_TEST(payload > big.bytes);
  BOOST_TEST(payload < big.bytes + 6 * 1000);
  BOOST_TEST(!result.hit_time_limit);
  BOOST_TEST((result.end == *big.ended));
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_run_and_another_seed_another) {
  const auto scenario = two_lossy_links();
  const auto first = run(scenario);
  const auto second = run(scenario);
  BOOST_TEST(report::json(first) == report::json(second));
  RunOptions other;
  other.seed = 99;
  const auto third = run(scenario, other);
  BOOST_TEST(third.event_hash != first.event_hash);
  BOOST_TEST(third.seed == 99u);
  require_passed(third);
}

BOOST_AUTO_TEST_CASE(looking_changes_nothing) {
  const auto scenario = two_lossy_links();
  const auto quiet = run(scenario);
  RunOptions watched;
  std::size_t lines = 0;
  Duration last{};
  watched.log_level = net::LogLevel::debug;
  watched.log = [&](Duration at, net::LogLevel, std::string_view) {
    ++lines;
    BOOST_TEST((at >= last));
    last = at;
  };
  watched.sample_interval = milliseconds(1);
  const auto loud = run(scenario, watched);
  BOOST_TEST(lines >= 6u);
  BOOST_TEST(loud.event_hash == quiet.event_hash);
  BOOST_TEST(loud.events == quiet.events);
  BOOST_TEST(loud.links[0].series.size() > quiet.links[0].series.size());
}

BOOST_AUTO_TEST_CASE(runs_on_many_threads_do_not_disturb_each_other) {
  const auto scenario = two_lossy_links();
  const auto alone = run(scenario).event_hash;
  std::vector<std::uint64_t> hashes(4);
  std::vector<std::thread> threads;
  for (auto& hash : hashes) threads.emplace_back([&] { hash = run(scenario).event_hash; });
  for (auto& thread : threads) thread.join();
  for (const auto hash : hashes) BOOST_TEST(hash == alone);
}

// One link of 8 Mbit/s, which vanishes silently during a download of one second and comes back.
BOOST_AUTO_TEST_CASE(a_client_that_gives_up_a_silent_connection_tries_again) {
  const auto result = run(load_text(R"(
dispatch: 1
links: {only: {rate: 8 Mbit/s, delay: 5ms}}
hosts: {www: }
workloads:
  - {name: big, download: {from: www, size: 1 MB, stall_timeout: 2s, retries: 1, retry_delay: 1s}}
events:
  - {at: 0.5s, link: only, blackhole}
  - {at: 2s, link: only, up}
expect: [big.completed, big.attempts == 2, big.ended in 4.4s..5s]
)",
                                    "silence"));
  require_passed(result);
}

BOOST_AUTO_TEST_CASE(a_run_ends_at_its_duration_and_says_what_was_left) {
  auto scenario = load_text(R"(
dispatch: 1
duration: 1s
links: {only: {rate: 1 Mbit/s}}
hosts: {www: }
workloads:
  - {name: big, download: {from: www, size: 10 MB, count: 3}}
expect: [big.completed]
)",
                            "long");
  const auto result = run(scenario);
  BOOST_TEST(result.hit_time_limit);
  BOOST_TEST((result.end == Duration(seconds(1))));
  const auto& big = *result.workload("big");
  BOOST_TEST(big.failed == 3u);
  BOOST_TEST(big.records.size() == 1u);
  BOOST_TEST(!big.ended.has_value());
  BOOST_TEST(
      result.expectations[0].reason ==
      "3 of 3 transfers of big did not complete; the first: big#1, begun at 0 s, waited 1 s: "
      "bound to only, given up at 1 s: it had not "
      "ended when the run stopped at 1 s");
}

BOOST_AUTO_TEST_CASE(requests_are_sent_at_their_instants_whatever_became_of_the_last) {
  const auto result = run(load_text(R"(
dispatch: 1
links: {only: {rate: 8 Mbit/s, delay: 200ms}}
hosts: {www: }
workloads:
  - {name: api, at: 1s, requests: {to: www, rate: 10/s, response: 1 kB, until: 2s}}
expect: [api.completed, api.transfers == 10, api.latency.min > 800ms]
)",
                                    "requests"));
  require_passed(result);
  const auto& records = result.workload("api")->records;
  for (std::size_t i = 0; i < records.size(); ++i) {
    BOOST_TEST((records[i].started == seconds(1) + i * milliseconds(100)));
  }
}

BOOST_AUTO_TEST_CASE(a_link_that_is_set_anew_changes_from_that_moment) {
  const auto result = run(load_text(R"(
dispatch: 1
links: {only: {rate: 8 Mbit/s, delay: 5ms}}
hosts: {www: }
workloads:
  - {name: big, download: {from: www, size: 3 MB}}
events:
  - {at: 2s, link: only, set: {down: 2 Mbit/s}}
expect:
  - big.completed
  - rate(only, down, 1s..2s) in 97%..101% of 8 Mbit/s
  - rate(only, down, 3s..4s) in 97%..101% of 2 Mbit/s
)",
                                    "set"));
  require_passed(result);
  BOOST_TEST(result.links[0].total.rate_down == 2'000'000u);
  BOOST_TEST(result.links[0].total.rate_up == 8'000'000u);
}

BOOST_AUTO_TEST_CASE(the_engine_refuses_what_it_cannot_use) {
  auto scenario = two_lossy_links();
  scenario.engine.start = {{{}, "a"}, {{}, "192.168.1.2"}};  // the address of a
  BOOST_CHECK_THROW(run(scenario), net::ConfigError);
}

BOOST_AUTO_TEST_CASE(a_scenario_built_by_a_program_is_checked) {
  auto scenario = two_lossy_links();
  scenario.expectations.push_back({{}, "huge.completed"});
  BOOST_CHECK_EXCEPTION(run(scenario), ScenarioError, [](const ScenarioError& error) {
    return std::string(error.what()) == "two_lossy_links: no workload \"huge\": write one of big";
  });
}

BOOST_AUTO_TEST_CASE(the_json_report_is_complete) {
  const auto result = run(two_lossy_links());
  const auto json = boost::json::parse(report::json(result, 0.5)).as_object();
  BOOST_TEST(json.at("event_hash").as_string() == hash_text(result.event_hash));
  BOOST_TEST(json.at("passed").as_bool());
  BOOST_TEST(json.at("wall_seconds").as_double() == 0.5);
  BOOST_TEST(json.at("expectations").as_array().size() == 4u);
  const auto& link = json.at("links").as_array().at(0).as_object();
  BOOST_TEST(link.at("series").as_object().at("at_ns").as_array().size() ==
             result.links[0].series.size());
  const auto& big = json.at("workloads").as_array().at(0).as_object();
  BOOST_TEST(big.at("records").as_array().size() == 6u);
  BOOST_TEST(big.at("latency_ns").as_object().at("p50").is_int64());
}

BOOST_AUTO_TEST_CASE(the_text_report_fits_a_terminal) {
  const auto text = report::text(run(two_lossy_links()), 0.5);
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = text.find('\n', begin);
    BOOST_TEST(end - begin <= 80u, text.substr(begin, end - begin));
    begin = end + 1;
  }
  BOOST_TEST(text.find("pass  big.completed") != std::string::npos);
}

// One workload of five requests to a name, under `engine`.
WorkloadResult five_requests(std::string_view engine, std::string_view user = "") {
  const auto text = fmt::format(R"(
dispatch: 1
links: {{a: {{rate: 20 Mbit/s}}, b: {{rate: 20 Mbit/s}}}}
hosts: {{www: , ns: {{address: 203.0.113.99, serves: [{{dns: 53}}]}}}}
dns: {{records: {{www.example: www}}}}
engine: {}
workloads:
  - {{name: five, requests: {{to: www.example, rate: 5/s, response: 10 kB, until: 1s{}}}}}
)",
                                engine, user);
  return *run(load_text(text, "five_requests")).workload("five");
}

BOOST_AUTO_TEST_CASE(names_are_asked_of_the_servers_that_the_engine_is_given) {
  BOOST_TEST(five_requests("{}").completed == 5u);
  BOOST_TEST(five_requests("{dns: 203.0.113.99}").completed == 5u);
  // The web server has no answers.
  BOOST_TEST(five_requests("{dns: 203.0.113.10}").failed == 5u);
}

BOOST_AUTO_TEST_CASE(who_may_not_use_the_proxy_does_not) {
  BOOST_TEST(five_requests("{allow: 10.0.0.0/8}").failed == 5u);
  BOOST_TEST(five_requests("{allow: [10.0.0.0/8, 127.0.0.1]}").completed == 5u);
  BOOST_TEST(five_requests("{users: {kim: secret}}").failed == 5u);
  BOOST_TEST(five_requests("{users: {kim: secret}}", ", user: kim").completed == 5u);
}

// Ten requests by an https:// link alone, to a proxy with such a certificate.
Result by_https(const std::string& link, const std::string& tls) {
  const auto text = fmt::format(R"(
dispatch: 1
links: {{a: {{rate: 20 Mbit/s}}}}
hosts:
  www:
  hop: {{address: 203.0.113.99, serves: [{{proxy: 443, tls: {}}}]}}
dns: {{records: {{www.example: www, hop.example: hop}}}}
engine: {{start: ["{}"]}}
workloads:
  - {{name: ten, requests: {{to: www.example, rate: 5/s, response: 10 kB, until: 2s}}}}
)",
                                tls, link);
  return run(load_text(text, "by_https"));
}

BOOST_AUTO_TEST_CASE(a_proxy_within_tls_is_believed_by_any_name_that_its_host_has) {
  for (const auto* host : {"hop", "hop.example", "203.0.113.99"}) {
    const auto result = by_https(fmt::format("https://{}:443", host), "true");
    BOOST_TEST(result.workload("ten")->completed == 10u, host);
  }
  BOOST_TEST(by_https("https://hop:443", "other.example").workload("ten")->failed == 10u);
  BOOST_TEST(by_https("https://hop:443,insecure", "other.example").workload("ten")->completed ==
             10u);
  BOOST_TEST(by_https("https://hop:443", "false").workload("ten")->failed == 10u);
  BOOST_TEST(by_https("http://hop:443", "true").workload("ten")->failed == 10u);
}

BOOST_AUTO_TEST_CASE(keys_that_are_random_change_nothing_that_happens) {
  const auto once = by_https("https://hop:443", "true").event_hash;
  for (int i = 0; i < 20; ++i) BOOST_TEST(by_https("https://hop:443", "true").event_hash == once);
}

BOOST_AUTO_TEST_CASE(clients_come_by_the_listener_that_they_name_as_it_wants_them_to) {
  const auto result = run(load_text(R"(
dispatch: 1
links: {a: {rate: 20 Mbit/s}}
hosts: {www: {serves: [{http: 80, accept_proxy: true}]}}
engine:
  listen: ["127.0.0.1:1080,tls", "0.0.0.0:1081,accept-proxy", "[::1]:1082,tls,accept-proxy"]
  send_proxy: v1
workloads:
  - {name: first, upload: {to: www, size: 100 kB}}
  - {name: second, download: {from: www, size: 100 kB, listener: "0.0.0.0:1081"}}
  - {name: third, download: {from: www, size: 100 kB, listener: "[::1]:1082"}}
expect: [first.completed, second.completed, third.completed]
)",
                                    "listeners"));
  require_passed(result);
}

BOOST_AUTO_TEST_CASE(who_is_not_told_of_the_client_as_it_expects_is_not_served) {
  for (const bool sends : {true, false}) {
    const auto text = fmt::format(R"(
dispatch: 1
links: {{a: {{rate: 20 Mbit/s}}}}
hosts: {{www: {{serves: [{{http: 80, accept_proxy: {}}}]}}}}
engine: {}
workloads: [{{name: big, download: {{from: www, size: 100 kB}}}}]
)",
                                  !sends, sends ? "{send_proxy: v2}" : "{}");
    BOOST_TEST(run(load_text(text, "told")).workload("big")->failed == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_host_that_is_frozen_goes_on_where_it_stood) {
  const auto result = run(load_text(R"(
dispatch: 1
links: {a: {rate: 20 Mbit/s}}
hosts: {www: }
workloads: [{name: big, download: {from: www, size: 5 MB}}]
events: [{at: 1s, host: www, freeze}, {at: 11s, host: www, up}]
expect: [big.completed, big.bytes_intact, big.duration in 11s..13s]
)",
                                    "frozen"));
  require_passed(result);
}

// Both ways, by the proxy, past it, through another proxy, and within TLS, where zeros are sent.
BOOST_AUTO_TEST_CASE(what_is_only_counted_arrives_as_what_is_checked_does) {
  const auto text = [](const char* content) {
    return fmt::format(R"(
dispatch: 1
content: {}
links: {{a: {{rate: 20 Mbit/s, loss: 0.5%}}}}
hosts: {{www: , office: {{serves: [{{proxy: 1080}}]}}}}
engine:
  start: [a, "via=socks5://office:1080"]
  listen: ["127.0.0.1:1080", "127.0.0.1:1443,tls"]
workloads:
  - {{name: direct, download: {{from: www, size: 2 MB, via: direct}}}}
  - {{name: up, at: 5s, upload: {{to: www, size: 2 MB, via: direct}}}}
  - {{name: proxied, at: 10s, download: {{from: www, size: 2 MB, count: 2}}}}
  - {{name: pushed, at: 20s, upload: {{to: www, size: 2 MB, count: 2}}}}
  - {{name: secret, at: 30s, download: {{from: www, size: 500 kB, listener: "127.0.0.1:1443"}}}}
expect: [direct.completed, up.completed, proxied.completed, pushed.completed, secret.completed]
)",
                       content);
  };
  const auto checked = run(load_text(text("checked"), "f"));
  const auto counted = run(load_text(text("counted"), "f"));
  for (const auto* result : {&checked, &counted}) BOOST_TEST(result->passed());
  for (std::size_t i = 0; i < checked.workloads.size(); ++i) {
    BOOST_TEST(checked.workloads[i].intact);
    BOOST_TEST(!counted.workloads[i].intact);
    BOOST_TEST(counted.workloads[i].bytes == checked.workloads[i].bytes);
  }
  // Where nothing stands between them, to the nanosecond.
  for (const std::size_t i : {0, 1}) {
    BOOST_TEST((counted.workloads[i].ended == checked.workloads[i].ended));
  }
}

BOOST_AUTO_TEST_CASE(a_host_that_is_killed_ends_its_streams_and_refuses) {
  const auto result = run(load_text(R"(
dispatch: 1
links: {a: {rate: 20 Mbit/s}}
hosts: {www: }
workloads:
  - {name: big, download: {from: www, size: 5 MB}}
  - {name: late, at: 2s, download: {from: www, size: 5 MB}}
events: [{at: 1s, host: www, kill}]
expect: [big.ended < 3s, big.failures == 1, late.ended < 2100ms, late.failures == 1]
)",
                                    "killed"));
  require_passed(result);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::scenario
