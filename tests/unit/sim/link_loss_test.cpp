// Which packets are lost, doubled, spoiled and reordered: against what the models promise.
#include "sim/link/loss_process.hpp"
#include "tests/unit/sim/link_bench.hpp"

#include <cmath>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(link_loss)
namespace {

constexpr int kPackets = 400'000;

struct LossFigures {
  double share = 0;
  double burst = 0;        // mean length
  double correlation = 0;  // of neighbours
};

LossFigures figures(const LossModel& model, std::uint64_t seed = 1) {
  Random random(seed, "loss");
  LossProcess loss(model);
  int lost = 0, bursts = 0, both = 0;
  bool before = false;
  for (int i = 0; i < kPackets; ++i) {
    const bool now = loss.loses_next(random);
    lost += now;
    bursts += now && !before;
    both += now && before;
    before = now;
  }
  const double share = static_cast<double>(lost) / kPackets;
  const double variance = share * (1 - share);
  return {share, static_cast<double>(lost) / bursts,
          (static_cast<double>(both) / kPackets - share * share) / variance};
}

std::vector<int> numbers(const Bench& bench) {
  std::vector<int> result;
  for (const auto& each : bench.arrivals) result.push_back(each.number);
  return result;
}

BOOST_AUTO_TEST_CASE(gilbert_elliott_loses_its_stationary_share_in_bursts_of_its_mean_length) {
  // p / (p + r) of the time bad; a bad stay of 1 / r packets, all lost.
  const auto simple = figures(GilbertElliott{0.01, 0.25, 0, 1});
  BOOST_TEST(simple.share == 0.01 / 0.26, boost::test_tools::tolerance(0.04));
  BOOST_TEST(simple.burst == 4.0, boost::test_tools::tolerance(0.03));
  // (r good + p bad) / (p + r).
  const auto full = figures(GilbertElliott{0.02, 0.2, 0.005, 0.6});
  BOOST_TEST(full.share == (0.2 * 0.005 + 0.02 * 0.6) / 0.22, boost::test_tools::tolerance(0.04));
}

BOOST_AUTO_TEST_CASE(bursts_lose_the_given_share_in_the_given_length) {
  for (const double length : {1.0, 3.0, 20.0}) {
    const auto seen = figures(LossBursts{0.02, length});
    BOOST_TEST(seen.share == 0.02, boost::test_tools::tolerance(0.12));
    BOOST_TEST(seen.burst == std::max(length, 1.0), boost::test_tools::tolerance(0.05));
  }
}

BOOST_AUTO_TEST_CASE(correlated_losses_keep_their_share_and_correlate_as_much_as_they_say) {
  for (const double correlation : {0.0, 0.25, 0.8}) {
    const auto seen = figures(CorrelatedLoss{0.05, correlation});
    BOOST_TEST(seen.share == 0.05, boost::test_tools::tolerance(0.04));
    BOOST_TEST(std::abs(seen.correlation - correlation) < 0.02);
  }
}

BOOST_AUTO_TEST_CASE(a_script_loses_just_the_packets_it_names) {
  auto options = direction(kRate, kDelay);
  options.loss = ScriptedLoss{{{3, 3}, {7, 7}, {10, 14}}};
  Bench bench(options);
  for (int i = 0; i < 18; ++i) bench.send();
  bench.simulation.run();
  // Numbers of the bench begin at 0, those of the script at 1.
  BOOST_TEST(numbers(bench) == (std::vector<int>{0, 1, 3, 4, 5, 7, 8, 14, 15, 16, 17}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(duplicates_come_at_their_rate_and_are_whole_packets) {
  auto options = direction(DataRate::unlimited(), kDelay);
  options.duplicate = 0.05;
  Bench bench(options);
  constexpr int kSent = 20'000;
  for (int i = 0; i < kSent; ++i) bench.send();
  bench.simulation.run();
  const auto counters = bench.link.counters();
  BOOST_TEST(std::abs(static_cast<double>(counters.duplicated) - 1000) < 5 * std::sqrt(950.0));
  BOOST_TEST(bench.arrivals.size() == kSent + counters.duplicated);
  BOOST_TEST(counters.offered.packets + counters.duplicated == counters.delivered.packets);
  std::size_t twins = 0;
  for (std::size_t i = 1; i < bench.arrivals.size(); ++i) {
    if (bench.arrivals[i].number != bench.arrivals[i - 1].number) continue;
    ++twins;
    BOOST_TEST(bench.arrivals[i].size == kPacketBytes);
  }
  BOOST_TEST(twins == counters.duplicated);
  BOOST_TEST(bench.packets.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(corrupted_packets_arrive_and_are_counted) {
  auto options = direction(DataRate::unlimited(), kDelay);
  options.corrupt = 0.02;
  Bench bench(options);
  for (int i = 0; i < 20'000; ++i) bench.send();
  bench.simulation.run();
  std::uint64_t corrupted = 0;
  for (const auto& each : bench.arrivals) corrupted += each.corrupted;
  BOOST_TEST(bench.arrivals.size() == 20'000u);
  BOOST_TEST(corrupted == bench.link.counters().corrupted);
  BOOST_TEST(std::abs(static_cast<double>(corrupted) - 400) < 5 * std::sqrt(392.0));
}

BOOST_AUTO_TEST_CASE(a_corrupted_segment_never_reaches_tcp_and_the_transfer_is_whole) {
  auto options = direction(DataRate::mbit_per_second(20), 10ms);
  options.corrupt = 0.01;
  options.duplicate = 0.01;
  options.reorder.share = 0.01;
  TwoHosts hosts(LinkOptions::symmetric(options));
  constexpr std::size_t kBytes = 3'000'000;
  hosts.server.spawn(serve_bytes(hosts.server, kServer, kBytes));
  const auto got = result_of(hosts.simulation, download(hosts.client, kServer));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(*got == kBytes);
  const auto counters = hosts.link.down().counters();
  BOOST_TEST(counters.corrupted > 5u);
  BOOST_TEST(counters.duplicated > 5u);
  BOOST_TEST(counters.reordered > 5u);
}

BOOST_AUTO_TEST_CASE(a_share_of_packets_overtakes_by_what_is_asked) {
  auto options = direction(kRate, kDelay);
  options.reorder = {0.2, 5, 5ms};
  Bench bench(options);
  constexpr int kSent = 900;
  for (int i = 0; i < kSent; ++i) bench.send();
  bench.simulation.run();
  BOOST_REQUIRE(bench.arrivals.size() == std::size_t{kSent});
  std::vector<int> ahead;
  for (const auto& each : bench.arrivals) {
    const auto delay = each.when - net::TimePoint((each.number + 1) * kSerialisation);
    BOOST_TEST((delay == kDelay || delay == kDelay - 5ms));
    if (delay != kDelay) ahead.push_back(each.number);
  }
  std::sort(ahead.begin(), ahead.end());
  BOOST_TEST(ahead.size() == bench.link.counters().reordered);
  // One in 4 + 1 / 0.2 packets, and never two within the gap.
  BOOST_TEST(std::abs(static_cast<double>(ahead.size()) - kSent / 9.0) < 25);
  for (std::size_t i = 1; i < ahead.size(); ++i) BOOST_TEST(ahead[i] - ahead[i - 1] >= 5);
}

// The delays of packets that are sent one by one.
std::vector<net::Duration> delays(const Jitter& jitter, int packets) {
  auto options = direction(DataRate::unlimited(), 100ms);
  options.jitter = jitter;
  Bench bench(options);
  std::vector<net::Duration> result;
  for (int i = 0; i < packets; ++i) {
    const auto sent = bench.simulation.now();
    bench.send();
    bench.simulation.run();
    result.push_back(bench.simulation.now() - sent);
  }
  std::sort(result.begin(), result.end());
  return result;
}

double milliseconds_of(net::Duration duration) {
  return static_cast<double>(duration.count()) * 1e-6;
}

double mean_of(const std::vector<net::Duration>& list) {
  double sum = 0;
  for (const auto& each : list) sum += milliseconds_of(each);
  return sum / static_cast<double>(list.size());
}

BOOST_AUTO_TEST_CASE(pareto_jitter_has_its_mean_and_a_heavy_tail) {
  const auto seen = delays({Jitter::Shape::pareto, 10ms, false}, 60'000);
  BOOST_TEST(mean_of(seen) == 110.0, boost::test_tools::tolerance(0.01));
  BOOST_TEST((seen.front() >= 100ms));
  // Lomax of shape 3 and scale 20 ms: quantile q is 20 ((1 - q)^(-1/3) - 1).
  const auto quantile = [&](double q) {
    return milliseconds_of(seen[static_cast<std::size_t>(q * static_cast<double>(seen.size()))]);
  };
  BOOST_TEST(quantile(0.5) == 100 + 20 * (std::cbrt(2.0) - 1), boost::test_tools::tolerance(0.01));
  BOOST_TEST(quantile(0.99) == 100 + 20 * (std::cbrt(100.0) - 1),
             boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_CASE(a_table_of_delays_is_met_quantile_by_quantile) {
  const auto table = std::make_shared<DelayTable>(DelayTable{"", {0ms, 2ms, 4ms, 40ms}});
  const auto seen = delays({Jitter::Shape::table, {}, false, table}, 30'000);
  BOOST_TEST((seen.front() >= 100ms));
  BOOST_TEST((seen.back() <= 140ms));
  BOOST_TEST(milliseconds_of(seen[10'000]) == 102.0, boost::test_tools::tolerance(0.002));
  BOOST_TEST(milliseconds_of(seen[20'000]) == 104.0, boost::test_tools::tolerance(0.002));
  BOOST_TEST(milliseconds_of(seen[25'000]) == 122.0, boost::test_tools::tolerance(0.01));
}

std::vector<int> survivors_beside(const std::function<void(DirectionOptions&)>& more) {
  auto options = direction(DataRate::unlimited(), kDelay);
  options.loss = 0.1;
  more(options);
  Bench bench(options);
  for (int i = 0; i < 2000; ++i) bench.send();
  bench.simulation.run();
  auto seen = numbers(bench);
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  return seen;
}

BOOST_AUTO_TEST_CASE(another_mechanism_of_the_link_does_not_change_which_packets_are_lost) {
  const auto plain = survivors_beside([](auto&) {});
  BOOST_TEST((plain == survivors_beside([](auto& options) { options.duplicate = 0.2; })));
  BOOST_TEST((plain == survivors_beside([](auto& options) { options.corrupt = 0.2; })));
  BOOST_TEST((plain == survivors_beside([](auto& options) { options.reorder.share = 0.2; })));
  BOOST_TEST((plain == survivors_beside([](auto& options) {
                options.jitter = {Jitter::Shape::normal, 3ms, true};
              })));
  BOOST_TEST((plain == survivors_beside([](auto& options) { options.queue = FqCodel{}; })));
}

// What is lost of a fixed stream of datagrams on the client's link.
std::uint64_t lost_in_world(bool with_others) {
  auto options = direction(DataRate::mbit_per_second(10), 15ms);
  options.loss = 0.05;
  TwoHosts hosts(LinkOptions::symmetric(options));
  if (with_others) {
    options.loss = LossBursts{0.2, 3};
    options.duplicate = 0.1;
    options.queue = FqCodel{};
    auto& third = hosts.world.add_host("third");
    hosts.world.attach(third, "eth0", {prefix("198.51.100.7/24")}, LinkOptions::symmetric(options));
    third.spawn(serve_bytes(third, endpoint("198.51.100.7:80"), 100'000));
  }
  hosts.server.spawn(serve_bytes(hosts.server, kServer, 300'000));
  result_of(hosts.simulation, download(hosts.client, kServer)).value();
  const auto counters = hosts.link.down().counters();
  return counters.dropped_for(DropReason::loss).packets << 32 | counters.offered.packets;
}

BOOST_AUTO_TEST_CASE(a_further_host_does_not_change_which_packets_of_a_link_are_lost) {
  BOOST_TEST(lost_in_world(false) == lost_in_world(true));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
