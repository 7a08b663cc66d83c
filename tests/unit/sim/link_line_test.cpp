// How fast lines send, and when they stand still.
#include "sim/link/line.hpp"
#include "sim/link/link.hpp"
#include "sim/link/pauses.hpp"
#include "tests/unit/sim/link_bench.hpp"

#include <cmath>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(link_line)
namespace {

TracePtr trace(std::vector<std::uint32_t> times) {
  return std::make_shared<DeliveryTrace>(DeliveryTrace{"", std::move(times)});
}

DirectionOptions with_rate(RateModel rate) {
  auto options = direction(DataRate::unlimited(), 0s);
  options.rate = std::move(rate);
  return options;
}

std::vector<std::int64_t> milliseconds_of(const Bench& bench) {
  std::vector<std::int64_t> result;
  for (const auto& each : bench.arrivals) {
    result.push_back(each.when.time_since_epoch() / std::chrono::milliseconds(1));
  }
  return result;
}

BOOST_AUTO_TEST_CASE(a_full_bucket_lets_its_burst_through_and_then_its_rate) {
  Bench bench(with_rate(TokenBucket{kRate, ByteSize::bytes(15'000)}));
  for (int i = 0; i < 20; ++i) bench.send();
  bench.simulation.run();
  BOOST_REQUIRE(bench.arrivals.size() == 20u);
  for (int i = 0; i < 10; ++i) BOOST_TEST((bench.arrivals[i].when == net::TimePoint{}));
  for (int i = 10; i < 20; ++i) {
    BOOST_TEST((bench.arrivals[i].when == net::TimePoint((i - 9) * kSerialisation)));
  }
}

BOOST_AUTO_TEST_CASE(a_peak_rate_spaces_the_packets_of_a_burst) {
  const auto peak = DataRate::mbit_per_second(120);  // 100 us for a packet
  Bench bench(with_rate(TokenBucket{kRate, ByteSize::bytes(3000), peak}));
  for (int i = 0; i < 4; ++i) bench.send();
  bench.simulation.run();
  BOOST_TEST((bench.arrivals[0].when == net::TimePoint(100us)));
  BOOST_TEST((bench.arrivals[1].when == net::TimePoint(200us)));
  // 200 us have brought a fifth of the third packet back; the bucket was full until the first left.
  BOOST_TEST((bench.arrivals[2].when == net::TimePoint(1100us)));
  BOOST_TEST((bench.arrivals[3].when == net::TimePoint(2100us)));
}

BOOST_AUTO_TEST_CASE(no_span_of_time_sees_more_than_rate_times_time_and_a_burst) {
  constexpr std::uint64_t kBurst = 20'000;
  Bench bench(with_rate(TokenBucket{DataRate::kbit_per_second(7'777), ByteSize::bytes(kBurst),
                                    DataRate::mbit_per_second(50)}));
  Random random(3, "arrivals");
  for (int i = 0; i < 1200; ++i) {
    const auto size = static_cast<std::uint32_t>(random.between(40, 1500));
    bench.simulation.at(net::TimePoint(net::Duration(random.between(0, 600'000'000))),
                        [&bench, size] { bench.send(size); });
  }
  bench.simulation.run();
  const auto& seen = bench.arrivals;
  BOOST_REQUIRE(seen.size() > 900u);
  std::uint64_t fullest = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    std::uint64_t bytes = 0;
    for (std::size_t k = i; k < seen.size(); ++k) {
      bytes += seen[k].size;
      const auto span = static_cast<std::uint64_t>((seen[k].when - seen[i].when).count());
      const auto allowed = kBurst + 7'777'000 * span / 8 / 1'000'000'000 + 1;
      BOOST_REQUIRE(bytes <= allowed);
      if (allowed - bytes < kBurst / 10) fullest = std::max(fullest, bytes);
    }
  }
  BOOST_TEST(fullest > 2 * kBurst);  // the bound was worth the test
}

BOOST_AUTO_TEST_CASE(a_trace_delivers_1500_bytes_at_each_of_its_times_and_wraps_around) {
  Bench bench(with_rate(trace({1, 2, 2, 5, 10})));
  for (int i = 0; i < 12; ++i) bench.send();
  bench.simulation.run();
  BOOST_TEST(milliseconds_of(bench) ==
                 (std::vector<std::int64_t>{1, 2, 2, 5, 10, 11, 12, 12, 15, 20, 21, 22}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_opportunity_takes_several_small_packets_and_a_part_of_the_next) {
  Bench bench(with_rate(trace({4, 7, 9})));
  for (int i = 0; i < 4; ++i) bench.send(600);
  bench.simulation.run();
  // Two and a half packets at 4 ms; the rest of the third, and the fourth, at 7 ms.
  BOOST_TEST(milliseconds_of(bench) == (std::vector<std::int64_t>{4, 4, 7, 7}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(opportunities_that_find_nothing_are_lost) {
  Bench bench(with_rate(trace({1, 2, 3, 4, 10})));
  bench.simulation.at(net::TimePoint(3500us), [&] { bench.send(); });
  // At the very time of an opportunity: missed.
  bench.simulation.at(net::TimePoint(13ms), [&] { bench.send(); });
  bench.simulation.run();
  BOOST_TEST(milliseconds_of(bench) == (std::vector<std::int64_t>{4, 14}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_busy_trace_carries_exactly_its_bytes) {
  Random random(9, "trace");
  std::vector<std::uint32_t> times;
  for (std::uint32_t now = 0; times.size() < 400; now += random.below(4)) times.push_back(now);
  times.push_back(times.back() + 1);
  auto options = with_rate(trace(times));
  options.queue = QueueLimit::of_packets(1'000'000);
  Bench bench(options);
  bench.simulation.at(net::TimePoint(net::Duration(-0)), [&] {
    for (int i = 0; i < 8'000; ++i)
      bench.send(static_cast<std::uint32_t>(random.between(40, 1500)));
  });
  const auto rounds = 5;
  bench.simulation.run_until(net::TimePoint(std::chrono::milliseconds(rounds * times.back())));
  std::uint64_t bytes = 0;
  for (const auto& each : bench.arrivals) bytes += each.size;
  // Opportunities at 0 find the queue empty, those at the end of the last round belong to it.
  const auto at_zero = static_cast<std::uint64_t>(std::count(times.begin(), times.end(), 0u));
  const auto next_round = at_zero;
  const auto offered = (rounds * times.size() - at_zero + next_round) * DeliveryTrace::kBytes;
  BOOST_TEST(bytes <= offered);
  BOOST_TEST(offered - bytes < 1500u);  // a part of one packet has been sent
}

BOOST_AUTO_TEST_CASE(a_link_may_change_from_a_rate_to_a_trace_and_back) {
  Bench bench(with_rate(kRate));
  for (int i = 0; i < 6; ++i) bench.send();
  bench.simulation.at(net::TimePoint(2500us), [&] { bench.link.set_rate(trace({10})); });
  bench.simulation.at(net::TimePoint(25ms), [&] { bench.link.set_rate(kRate); });
  bench.simulation.run();
  // The third packet is begun anew; the trace began at 2.5 ms.
  BOOST_TEST(milliseconds_of(bench) == (std::vector<std::int64_t>{1, 2, 12, 22, 26, 27}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_comes_during_a_suspension_leaves_in_a_burst_after_it) {
  auto options = with_rate(kRate);
  options.suspend = {100ms, 30ms, 50ms};
  Bench bench(options);
  for (int i = 0; i < 10; ++i) {
    bench.simulation.at(net::TimePoint(45ms + i * 4ms), [&] { bench.send(); });
  }
  bench.simulation.run();
  // At 45 and 49 ms before it (the second is sent to its end); from 80 ms on one after another.
  BOOST_TEST(
      milliseconds_of(bench) == (std::vector<std::int64_t>{46, 50, 81, 82, 83, 84, 85, 86, 87, 88}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pauses_come_back_at_their_period) {
  const Pauses pauses({1s, 100ms, 500ms}, {});
  BOOST_TEST((pauses.resumes(net::TimePoint(499ms)) == net::TimePoint(499ms)));
  BOOST_TEST((pauses.resumes(net::TimePoint(500ms)) == net::TimePoint(600ms)));
  BOOST_TEST((pauses.resumes(net::TimePoint(600ms)) == net::TimePoint(600ms)));
  BOOST_TEST((pauses.resumes(net::TimePoint(7'550ms)) == net::TimePoint(7'600ms)));
}

BOOST_AUTO_TEST_CASE(after_a_handover_the_delay_is_that_of_the_next_cell) {
  auto options = with_rate(kRate);
  options.delay = 10ms;
  options.handover = {{100ms, 20ms, 100ms}, {40ms, 25ms}};
  Bench bench(options);
  for (const auto at : {50ms, 110ms, 150ms, 250ms, 350ms}) {
    bench.simulation.at(net::TimePoint(at), [&] { bench.send(); });
  }
  bench.simulation.run();
  // The second one waits until 120 ms.
  BOOST_TEST(milliseconds_of(bench) == (std::vector<std::int64_t>{61, 161, 191, 276, 391}),
             boost::test_tools::per_element());
}

// Two ends that send on each other's direction of one half-duplex link.
struct HalfDuplex : PacketSink {
  HalfDuplex() : link(simulation, "air", options(), *this, *this) {}
  static LinkOptions options() {
    auto both = LinkOptions::symmetric(direction(kRate, 0s));
    both.half_duplex = true;
    return both;
  }
  void send(LinkDirection& by, std::uint16_t number) {
    auto packet = packets.make();
    packet->source = packet->destination = kWifi;
    packet->transport = UdpDatagram{number, 0, {}};
    packet->size = kPacketBytes;
    by.send(std::move(packet));
  }
  void deliver(PacketPtr packet) override {
    const auto number = std::get<UdpDatagram>(packet->transport).source_port;
    arrivals.push_back({simulation.now(), number});
  }

  PacketPool packets;
  Simulation simulation{1};
  Link link;
  std::vector<Arrival> arrivals;
};

BOOST_AUTO_TEST_CASE(a_half_duplex_line_sends_one_packet_at_a_time_by_turns) {
  HalfDuplex air;
  for (std::uint16_t i = 0; i < 10; ++i) air.send(air.link.up(), i);
  for (std::uint16_t i = 100; i < 110; ++i) air.send(air.link.down(), i);
  air.simulation.run();
  BOOST_REQUIRE(air.arrivals.size() == 20u);
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST((air.arrivals[i].when == net::TimePoint((i + 1) * kSerialisation)));
    BOOST_TEST(air.arrivals[i].number == (i % 2 == 0 ? i / 2 : 100 + i / 2));
  }
}

BOOST_AUTO_TEST_CASE(a_half_duplex_line_that_goes_down_and_comes_up_serves_both_again) {
  HalfDuplex air;
  for (std::uint16_t i = 0; i < 5; ++i) {
    air.send(air.link.up(), i);
    air.send(air.link.down(), 100 + i);
  }
  air.simulation.at(net::TimePoint(2500us), [&] { air.link.set_state(LinkState::blackhole_up); });
  air.simulation.at(net::TimePoint(20ms), [&] {
    air.link.set_state(LinkState::up);
    air.send(air.link.up(), 50);
    air.send(air.link.down(), 150);
  });
  air.simulation.run();
  // Two by turns; then the up direction is gone and the line is the other's.
  std::vector<int> numbers;
  for (const auto& each : air.arrivals) numbers.push_back(each.number);
  BOOST_TEST(numbers == (std::vector<int>{0, 100, 101, 102, 103, 104, 50, 150}),
             boost::test_tools::per_element());
  BOOST_TEST((air.arrivals.back().when == net::TimePoint(22ms)));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
