#include "sim/scenario/evaluate.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::scenario {
BOOST_AUTO_TEST_SUITE(evaluation)
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

LinkSample sample(int second, std::uint64_t megabytes, std::uint64_t connections) {
  LinkSample result;
  result.at = seconds(second);
  result.payload_down = megabytes * 1'000'000;
  result.connections = connections;
  result.live = second == 0 ? 0 : 3;
  return result;
}

TransferRecord completed(int number, Duration latency) {
  TransferRecord record;
  record.started = seconds(number);
  record.ended = record.started + latency;
  record.completed = true;
  record.intact = true;
  return record;
}

// Two links that carry 2 and 1 MB in each of seconds 1 to 3, and nothing before and after; ten
// requests with latencies of 100 to 1000 ms, and one that failed.
Result example() {
  Result result;
  result.end = seconds(5);
  result.last_event = seconds(2);
  for (const auto& [name, rate] : {std::pair("fast", 2u), std::pair("slow", 1u)}) {
    LinkResult link;
    link.name = name;
    for (unsigned second = 0; second <= 5; ++second) {
      const auto moved = rate * std::min(second < 1 ? 0u : second - 1, 3u);
      link.series.push_back(sample(static_cast<int>(second), moved, moved));
      link.series.back().healthy = rate == 1 || second == 5;  // fast is well in the end only
    }
    link.total = link.series.back();
    result.links.push_back(link);
  }
  WorkloadResult api;
  api.name = "api";
  for (int i = 1; i <= 10; ++i) api.records.push_back(completed(i, milliseconds(100 * i)));
  api.records[3].link = "fast";  // of the fourth, begun at 4 s
  api.records[3].first_byte = milliseconds(3800);
  TransferRecord failure;
  failure.started = seconds(4);
  failure.connected = seconds(5);
  failure.link = "slow";
  failure.ended = seconds(6);
  failure.failure = "connection: refused";
  api.records.push_back(failure);
  api.transfers = 11;
  api.completed = 10;
  api.failed = 1;
  api.intact = true;
  result.workloads.push_back(api);
  WorkloadResult idle;
  idle.name = "idle";
  result.workloads.push_back(idle);
  return result;
}

ExpectationResult outcome(const char* text) {
  return evaluate({{3, 5}, text}, example());
}

BOOST_AUTO_TEST_CASE(expectations_that_hold_pass_with_the_observed_value) {
  const std::pair<const char*, const char*> cases[] = {
      {"share(fast) in 66%..67%", "66.67 %"},
      {"connection_share(slow) < 34%", "33.33 %"},
      {"connections(all) == 9", "9"},
      {"bytes(fast) == 6 MB", "6 MB"},
      {"bytes(fast, 1s..2s) == 2 MB", "2 MB"},
      {"bytes(fast, up) == 0 B", "0 B"},
      {"goodput(fast) == 16 Mbit/s", "16 Mbit/s"},  // while it carried anything
      {"goodput(all) == 24 Mbit/s", "24 Mbit/s"},
      {"goodput(all, 0s..4s) == 18 Mbit/s", "18 Mbit/s"},
      {"goodput(fast) >= 2 MB/s", "16 Mbit/s"},
      {"bytes(fast) >= 200% of bytes(slow)", "6 MB"},
      {"api.failures <= 1", "1"},
      {"api.bytes_intact", "yes"},
      {"api.latency.p50 == 500ms", "500 ms"},
      {"api.latency.p99 == 1s", "1 s"},
      {"api.latency.min == 100ms", "100 ms"},
      {"api.latency.mean == 550ms", "550 ms"},
      {"end <= 5s", "5 s"},
      {"api.latency.max < 400ms during 1s..3s", "200 ms"},
      {"api.completions == 3 during 2s..5s", "3"},
      {"connections(fast) == 4 during 1s..3s", "4"},
      {"share(fast) in 66%..67% during 1s..3s", "66.67 %"},
      {"live(slow) == 3 during 1s..4s", "3"},
      {"always connections(fast) <= 6", "6"},
      {"always healthy_links >= 1", "2"},
      {"sometimes connections(slow) == 2", "2 at 3 s"},
      {"eventually healthy_links == 2 within 3s", "2 after 3 s"},
      {"eventually connections(slow) == 3 within 2s after 2s", "3 after 2 s"},
      {"healthy_links == 2", "2"},
      {"failover(slow, 3.5s) == 300ms", "300 ms"},
  };
  for (const auto& [text, observed] : cases) {
    const auto result = outcome(text);
    BOOST_TEST(result.passed, text << ": " << result.reason);
    BOOST_TEST(result.observed == observed, text << ": " << result.observed);
    BOOST_TEST(result.reason.empty());
  }
}

BOOST_AUTO_TEST_CASE(expectations_that_fail_say_why) {
  const std::pair<const char*, const char*> cases[] = {
      {"share(fast) in 68%..73%", "share(fast) is 66.67 %, expected 68 % to 73 %"},
      {"goodput(all, 0s..4s) >= 90% of 28 Mbit/s",
       "goodput(all, 0s..4s) is 18 Mbit/s, expected at least 25.2 Mbit/s"},
      {"goodput(all, 4s..5s) > 0 bit/s",
       "goodput(all, 4s..5s) is 0 bit/s, expected more than 0 bit/s"},
      {"bytes(fast, 1s..6s) > 1 B", "bytes(fast, 1s..6s) has no value: the run ended at 5 s"},
      {"share(fast, 4s..5s) > 1%", "share(fast, 4s..5s) has no value: no bytes passed"},
      {"api.completed",
       "1 of 11 transfers of api did not complete; the first: api#11, begun at 4 s, waited 2 s: "
       "bound to slow, silent since 5 s, given up at 6 s: connection: refused"},
      {"api.failures == 0",
       "api.failures is 1, expected 0; the first: api#11, begun at 4 s, waited 2 s: bound to "
       "slow, silent since 5 s, given up at 6 s: connection: refused"},
      {"api.failures == 0 during 1s..5s",
       "api.failures is 1, expected 0; the first: api#11, begun at 4 s, waited 2 s: bound to "
       "slow, silent since 5 s, given up at 6 s: connection: refused"},
      {"connections(fast) < 4 during 1s..4s", "connections(fast) is 6, expected less than 4"},
      {"always connections(fast) < 4", "at 3 s: connections(fast) is 4, expected less than 4"},
      {"always live(slow) == 0 during 1s..2s", "at 1 s: live(slow) is 3, expected 0"},
      {"sometimes connections(slow) > 3",
       "it held at no instant from 0 s to 5 s; at the end connections(slow) is 3, expected more "
       "than 3"},
      {"eventually healthy_links == 2 within 1s after 3s",
       "it did not hold from 3 s to 4 s: healthy_links is 1, expected 2 then"},
      {"eventually connections(slow) > 3 within 1s",
       "it did not hold from 2 s to 3 s: connections(slow) is 2, expected more than 3 then"},
      {"failover(fast, 5s) < 1s",
       "failover(fast, 5s) has no value: nothing that began after 5 s had a byte by another link"},

      {"api.latency.p99 < 900ms",
       "api.latency.p99 is 1 s, expected less than 900 ms; the slowest: api#10, begun at 10 s, "
       "took 1 s in 1 attempt"},
      {"idle.completed", "no transfer of idle completed"},
      {"idle.bytes_intact", "no transfer of idle completed"},
      {"idle.latency.p99 < 1s", "idle.latency.p99 has no value: none completed"},
      // What rounds to the same text is shown exactly.
      {"end < 5000000001ns", ""},
      {"end > 5.00001s", "end is 5s, expected more than 5000.01ms"},
  };
  for (const auto& [text, reason] : cases) {
    const auto result = outcome(text);
    BOOST_TEST(result.passed == (*reason == '\0'), text);
    BOOST_TEST(result.reason == reason, text << ": " << result.reason);
  }
}

BOOST_AUTO_TEST_CASE(spans_of_time_ask_for_samples_at_both_ends) {
  const auto times = sample_times({{{}, "goodput(all, 1.25s..5s) > 1 bit/s"},
                                   {{}, "bytes(a, 5s..7s) < 10% of bytes(all, 1s..7s)"},
                                   {{}, "x.completed"}});
  const std::vector<Duration> expected{seconds(1), milliseconds(1250), seconds(5), seconds(7)};
  BOOST_TEST((times == expected));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::scenario
