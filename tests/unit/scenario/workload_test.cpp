// What clients do, in small worlds: closed loops, pages, chats, videos, calls; and who does it.
#include "sim/scenario/load.hpp"
#include "sim/scenario/run.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace dispatch::scenario {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One fast link; `tail` has the workloads and the rest.
Result run_with(const std::string& tail,
                const std::string& links = "wifi: {rate: 100 Mbit/s, delay: 10ms}") {
  const auto scenario = load_text("dispatch: 1\nduration: 5 min\nlinks: {" + links +
                                      "}\nhosts: {www: , friend: {serves: [{echo: 7}]}}\n" + tail,
                                  "workload.yaml");
  return run(scenario);
}

BOOST_AUTO_TEST_SUITE(workloads)

// One round trip for the proxy's connection, one for the answer, and the pause.
BOOST_AUTO_TEST_CASE(a_user_of_a_closed_loop_waits_for_the_answer_and_thinks) {
  const auto result = run_with(
      "workloads: [{name: r, requests: {to: www, users: 1, think: 460ms, response: 1 kB, until: "
      "10s}}]\n");
  const auto& records = result.workload("r")->records;
  BOOST_REQUIRE(records.size() > 15u);
  BOOST_TEST(records.size() <= 20u);
  for (std::size_t i = 1; i < records.size(); ++i) {
    BOOST_TEST((records[i].started == records[i - 1].ended + milliseconds(460)));
  }
}

BOOST_AUTO_TEST_CASE(users_of_a_closed_loop_slow_down_with_the_link_and_an_open_loop_does_not) {
  const auto count = [](const std::string& load, const std::string& delay) {
    const auto result = run_with(
        "workloads: [{name: r, requests: {to: www, " + load + ", response: 1 kB, until: 10s}}]\n",
        "wifi: {rate: 100 Mbit/s, delay: " + delay + "}");
    return result.workload("r")->records.size();
  };
  BOOST_TEST(count("users: 5, think: 100ms", "5ms") > 2 * count("users: 5, think: 100ms", "100ms"));
  BOOST_TEST(count("rate: 10/s", "5ms") == count("rate: 10/s", "100ms"));
}

BOOST_AUTO_TEST_CASE(arrivals_at_random_have_the_rate_and_no_rhythm) {
  const auto result = run_with(
      "workloads: [{name: r, requests: {to: www, rate: 20/s, arrivals: poisson, response: 1 kB, "
      "until: 30s}}]\n");
  const auto& records = result.workload("r")->records;
  BOOST_TEST(records.size() > 500u);
  BOOST_TEST(records.size() < 700u);
  std::set<Duration> gaps;
  for (std::size_t i = 1; i < records.size(); ++i) {
    gaps.insert(records[i].started - records[i - 1].started);
  }
  BOOST_TEST(gaps.size() > records.size() / 2);
}

BOOST_AUTO_TEST_CASE(a_page_is_there_when_its_last_object_is) {
  const auto result = run_with(
      "workloads: [{name: b, browse: {to: www, pages: 3, think: 1s, document: 10 kB, objects: 12, "
      "size: 5 kB, parallel: 6}}]\n");
  const auto& b = *result.workload("b");
  BOOST_TEST(b.completed == 3u);
  BOOST_TEST(b.intact);
  BOOST_TEST(b.bytes == 3u * (10'000 + 12 * 5'000));
  BOOST_TEST(result.link("wifi")->total.connections == 3u * 13);
  // Three rounds, one after the other: the document, and twice six objects.
  for (const auto& page : b.records) BOOST_TEST((page.latency() > milliseconds(3 * 40)));
}

BOOST_AUTO_TEST_CASE(a_page_with_an_object_that_does_not_come_has_failed) {
  const auto result = run_with(
      "workloads: [{name: b, browse: {to: www, pages: 1, objects: 8, size: 200 kB, timeout: 3s}}]\n"
      "events: [{at: 200ms, host: www, freeze}]\n");
  const auto& b = *result.workload("b");
  BOOST_TEST(b.failed == 1u);
  BOOST_TEST((b.records[0].ended == seconds(3)));
  BOOST_TEST(b.records[0].failure.find("object") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_chat_keeps_its_connection_and_makes_a_new_one_when_it_is_gone) {
  const std::string chat =
      "workloads: [{name: c, chat: {to: www, every: 1s, until: 20s, timeout: 2s}}]\n";
  const auto calm = run_with(chat);
  BOOST_TEST(calm.workload("c")->completed == 19u);
  BOOST_TEST(calm.link("wifi")->total.connections == 1u);
  const auto cut = run_with(chat + "events: [{at: 5.5s, host: www, restart}]\n");
  BOOST_TEST(cut.workload("c")->failed == 1u);
  BOOST_TEST(cut.link("wifi")->total.connections == 2u);
}

BOOST_AUTO_TEST_CASE(a_video_on_a_line_that_is_fast_enough_never_stalls) {
  const auto result = run_with(
      "workloads: [{name: v, video: {from: www, bitrate: 4 Mbit/s, length: 40s, segment: 4s, "
      "startup: 4s, "
      "buffer: 12s}}]\n");
  const auto& v = *result.workload("v");
  BOOST_TEST(v.completed == 10u);
  BOOST_TEST(v.stalls.value() == 0u);
  BOOST_TEST((v.stall_time.value() == Duration::zero()));
  BOOST_TEST((v.startup.value() < seconds(1)));
  // It does not load more than 12 s ahead.
  BOOST_TEST((v.ended.value() > seconds(40 - 13)));
}

// Ten segments of 2 MB at 1 MB/s take 2 s each, and show for 1 s each: it stalls after every one
// but the first, for 1 s.
BOOST_AUTO_TEST_CASE(a_video_on_a_line_half_as_fast_stalls_half_of_the_time) {
  const auto result = run_with(
      "workloads: [{name: v, video: {from: www, bitrate: 16 Mbit/s, length: 10s, segment: 1s, "
      "startup: 1s, "
      "buffer: 10s, timeout: 30s}}]\n",
      "wifi: {rate: 8.4 Mbit/s, delay: 1ms}");
  const auto& v = *result.workload("v");
  BOOST_TEST(v.completed == 10u);
  BOOST_TEST(v.stalls.value() == 9u);
  BOOST_TEST((v.stall_time.value() > milliseconds(8'500)));
  BOOST_TEST((v.stall_time.value() < milliseconds(9'900)));
}

BOOST_AUTO_TEST_CASE(a_call_hears_everything_on_a_good_line_and_half_on_a_bad_one) {
  for (const std::string via : {"socks5", "direct"}) {
    const auto call = "workloads: [{name: c, call: {to: friend, until: 10s, via: " + via + "}}]\n";
    const auto good = run_with(call);
    const auto& c = *good.workload("c");
    BOOST_TEST(c.completed == 1u);
    BOOST_TEST(c.datagrams.value() == 500u);
    BOOST_TEST(c.datagrams_back == 500u);
    BOOST_TEST((c.latency_percentile(0).value() >= milliseconds(20)));
    BOOST_TEST((c.latency_percentile(100).value() < milliseconds(22)));
    BOOST_TEST((c.jitter.value() < milliseconds(1)));
    // 30 % are lost on each way.
    const auto bad =
        run_with(call, "wifi: {rate: 10 Mbit/s, delay: 20ms, jitter: 10ms, loss: 30%}");
    const auto& d = *bad.workload("c");
    if (d.datagrams.value() == 0) continue;  // the association was never made
    const auto share = Ratio::of(d.datagrams_back, *d.datagrams).value();
    BOOST_TEST(share > 0.40);
    BOOST_TEST(share < 0.58);
    BOOST_TEST((d.jitter.value() > milliseconds(3)));
  }
}

BOOST_AUTO_TEST_CASE(clients_ask_the_dispatch_of_their_machine_and_no_other) {
  const auto result = run_with(R"(
machines: {kim: {links: {dsl: {rate: 50 Mbit/s}}}}
clients: {desk: {count: 3, delay: 5ms}, sofa: {of: kim}}
workloads:
  - {name: work, client: desk, download: {from: www, size: 10 kB, count: 9, parallel: 3}}
  - {name: fun, client: sofa, download: {from: www, size: 10 kB, count: 4}}
  - {name: own, client: kim, download: {from: www, size: 10 kB, count: 2}}
  - {name: page, client: sofa, download: {from: www, size: 10 kB, count: 1, via: http}}
expect:
  - connections(wifi) == 9
  - connections(kim.dsl) == 7
  - share(kim.dsl) == 100%
  - share(wifi) == 100%
  - connections(all) == 16
)");
  for (const auto& each : result.expectations)
    BOOST_TEST(each.passed, each.text + ": " + each.reason);
  for (const auto& workload : result.workloads) BOOST_TEST(workload.failed == 0u, workload.name);
  BOOST_TEST(result.workload("work")->records[0].link == "wifi");
  BOOST_TEST(result.workload("fun")->records[0].link == "kim.dsl");
  // There and back in their network, twice: to the proxy, and for its answer.
  BOOST_TEST((result.workload("work")->records[0].latency() >= milliseconds(4 * 5 + 2 * 20)));
}

BOOST_AUTO_TEST_CASE(faults_of_a_machines_link_are_its_own) {
  const auto result = run_with(R"(
machines: {kim: {links: {wifi: {rate: 50 Mbit/s}}}}
workloads:
  - {name: a, requests: {to: www, rate: 5/s, response: 1 kB, until: 9s, timeout: 2s}}
  - {name: b, client: kim, requests: {to: www, rate: 5/s, response: 1 kB, until: 9s, timeout: 2s}}
events:
  - {at: 2s, link: kim.wifi, unplug}
  - {at: 5s, link: kim.wifi, up}
expect:
  - a.failures == 0
  - b.failures > 5 during 2s..5s
  - b.failures == 0 during 6s..9s
  - eventually healthy_links == 2 within 4s
  - sometimes healthy_links == 1
)");
  for (const auto& each : result.expectations)
    BOOST_TEST(each.passed, each.text + ": " + each.reason);
}

BOOST_AUTO_TEST_CASE(a_failure_tells_the_link_and_since_when_it_was_silent) {
  const auto result = run_with(
      "workloads: [{name: big, download: {from: www, size: 30 MB, stall_timeout: 2s}}]\n"
      "events: [{at: 1s, link: wifi, blackhole}]\nexpect: [big.completed]\n");
  const auto& reason = result.expectations[0].reason;
  BOOST_TEST(reason.find("big#1, begun at 0 s, waited") != std::string::npos, reason);
  BOOST_TEST(reason.find("bound to wifi, silent since 999") != std::string::npos, reason);
}

// What is expected eventually keeps the run going, and nothing else does.
BOOST_AUTO_TEST_CASE(a_run_goes_on_until_what_is_expected_can_have_come_true) {
  const std::string work =
      "workloads: [{name: d, download: {from: www, size: 1 kB}}]\nevents: [{at: 1s, link: wifi, "
      "up}]\n";
  BOOST_TEST((run_with(work).end == seconds(1)));
  BOOST_TEST(
      (run_with(work + "expect: [eventually healthy_links == 1 within 3s]\n").end == seconds(4)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(people)

// `tail` begins at line 4.
std::string with(std::string_view tail) {
  return "dispatch: 1\nlinks: {wifi: {rate: 20 Mbit/s}}\nhosts: {www: }\n" + std::string(tail);
}

std::string error_of(std::string_view text) {
  try {
    load_text(text, "f.yaml");
  } catch (const ScenarioError& error) {
    return error.what();
  }
  return "(no error)";
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_them_is_said_with_its_place) {
  const std::pair<std::string, const char*> cases[] = {
      {with("workloads:\n  - {name: c, call: {to: www, until: 9s}}\n"),
       "f.yaml:5:5: \"c\" calls \"www\", where nobody answers: write serves: [{echo: 7}] there"},
      {with("workloads:\n  - {name: r, requests: {to: www, response: {pareto: 5}, rate: 5/s, "
            "until: 9s}}"
            "\n"),
       "f.yaml:5:54: \"5\" has no unit: write a size such as 250 kB"},
      {with("workloads:\n  - {name: b, browse: {to: www, pages: 2, objects: {uniform: [9, 5]}}}\n"),
       "f.yaml:5:62: uniform is between two figures, the smaller one first"},
      {with("clients: {desk: }\nworkloads:\n  - {name: b, client: dsk, browse: {to: www, pages: 2}}"
            "\n"),
       "f.yaml:6:5: \"b\" is of client \"dsk\", which is neither one of the clients nor a machine; "
       "did you mean \"desk\"?"},
      {with("clients: {desk: {of: kim}}\n"),
       "f.yaml:4:11: clients of \"kim\", and there is no such machine"},
      {with("clients: {desk: }\nengine: {port: 1080, start: [auto]}\n"),
       "f.yaml:5:30: auto would take the network of the clients for a link: name the links"},
      {with("clients: {desk: }\nengine: {listen: [\"127.0.0.1:1080\"]}\nworkloads:\n  - {name: b, "
            "client: desk, browse: {to: www, pages: 2}}\n"),
       "f.yaml:7:5: \"b\" cannot reach the proxy at 127.0.0.1:1080: let it listen at 0.0.0.0"},
      {with("machines: {kim: {links: {wi.fi: {rate: 8 Mbit/s}}}}\n"),
       "f.yaml:4:26: \"wi.fi\" cannot name a link: write a letter, then letters, digits, - and _"},
      {with("machines: {kim: {links: {}}}\n"),
       "f.yaml:4:25: no links: the machine needs at least one"},

  };
  for (const auto& [text, message] : cases) {
    BOOST_TEST(error_of(text) == message, "\n" << text << "said: " << error_of(text));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(draws)

BOOST_AUTO_TEST_CASE(distributions_have_their_means) {
  const std::pair<Draw, double> cases[] = {
      {Draw::constant(7'000), 7'000},
      {{Draw::Shape::uniform, {1'000, 3'000}}, 2'000},
      {{Draw::Shape::exponential, {5'000}}, 5'000},
      {Draw::pareto(5'000), 5'000},
      {{Draw::Shape::values, {1'000, 1'000, 7'000}}, 3'000},
  };
  for (const auto& [draw, mean] : cases) {
    sim::Random random(3, "draws");
    double sum = 0;
    constexpr int kCount = 200'000;
    for (int i = 0; i < kCount; ++i) sum += static_cast<double>(draw.next(random));
    BOOST_TEST(sum / kCount > 0.97 * mean);
    BOOST_TEST(sum / kCount < 1.03 * mean);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::scenario
