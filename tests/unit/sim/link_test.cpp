// The physics of one direction of a link, with packets of known sizes.
#include "sim/link/serialiser.hpp"
#include "tests/unit/sim/link_bench.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <vector>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(link)
namespace {

BOOST_AUTO_TEST_CASE(a_packet_takes_its_serialisation_and_the_delay) {
  Bench bench(direction(kRate, kDelay));
  bench.send();
  bench.simulation.run();
  BOOST_REQUIRE(bench.arrivals.size() == 1u);
  BOOST_TEST((bench.arrivals[0].when == net::TimePoint(kSerialisation + kDelay)));
}

BOOST_AUTO_TEST_CASE(a_burst_queues_and_arrives_in_order_one_serialisation_apart) {
  Bench bench(direction(kRate, kDelay));
  for (int i = 0; i < 50; ++i) bench.send();
  bench.simulation.run();
  BOOST_REQUIRE(bench.arrivals.size() == 50u);
  for (int i = 0; i < 50; ++i) {
    BOOST_TEST(bench.arrivals[i].number == i);
    BOOST_TEST((bench.arrivals[i].when == net::TimePoint((i + 1) * kSerialisation + kDelay)));
  }
  BOOST_TEST((bench.link.counters().busy == 50 * kSerialisation));
}

BOOST_AUTO_TEST_CASE(a_rate_that_divides_badly_loses_no_nanosecond) {
  // 1500 bytes at 7 Mbit/s take 1714285.714... ns.
  constexpr std::uint64_t kPackets = 7'000;
  Serialiser serialiser(DataRate::mbit_per_second(7));
  net::TimePoint end{};
  for (std::uint64_t i = 0; i < kPackets; ++i) {
    end = serialiser.begin(ByteSize::bytes(kPacketBytes), end);
  }
  BOOST_TEST((end == net::TimePoint(12s)));
}

BOOST_AUTO_TEST_CASE(the_packet_that_passes_the_bound_is_dropped) {
  Bench bench(direction(kRate, kDelay, QueueLimit::of_packets(10)));
  for (int i = 0; i < 15; ++i) bench.send();  // one on the line, ten in the queue
  BOOST_TEST(bench.link.queued_packets() == 10u);
  BOOST_TEST(bench.link.counters().dropped_for(DropReason::queue_full).packets == 4u);
  bench.simulation.run();
  BOOST_TEST(bench.arrivals.size() == 11u);
  BOOST_TEST(bench.arrivals.back().number == 10);
}

BOOST_AUTO_TEST_CASE(a_bound_in_bytes_takes_the_small_packet_that_still_fits) {
  Bench bench(direction(kRate, kDelay, QueueLimit::of(ByteSize::bytes(3100))));
  for (int i = 0; i < 4; ++i) bench.send();
  bench.send(100);
  bench.send(1);
  bench.simulation.run();
  std::vector<int> numbers;
  for (const auto& each : bench.arrivals) numbers.push_back(each.number);
  BOOST_TEST(numbers == (std::vector<int>{0, 1, 2, 4}), boost::test_tools::per_element());
  BOOST_TEST(bench.link.counters().queue_bytes_max == 3100u);
}

BOOST_AUTO_TEST_CASE(an_unlimited_rate_keeps_the_order_of_packets_of_one_instant) {
  Bench bench(direction(DataRate::unlimited(), kDelay));
  for (int i = 0; i < 100; ++i) bench.send();
  bench.simulation.run();
  for (int i = 0; i < 100; ++i) {
    BOOST_TEST(bench.arrivals[i].number == i);
    BOOST_TEST((bench.arrivals[i].when == net::TimePoint(kDelay)));
  }
}

BOOST_AUTO_TEST_CASE(a_new_rate_holds_at_once_even_for_the_packet_on_the_line) {
  Bench bench(direction(kRate, 0s));
  bench.send();
  bench.send();
  // Half of the first packet has been sent; the rest and the second go ten times slower.
  bench.simulation.at(net::TimePoint(500us),
                      [&] { bench.link.set_rate(DataRate::kbit_per_second(1200)); });
  bench.simulation.run();
  BOOST_TEST((bench.arrivals[0].when == net::TimePoint(500us + 5ms)));
  BOOST_TEST((bench.arrivals[1].when == net::TimePoint(500us + 15ms)));
}

BOOST_AUTO_TEST_CASE(a_rate_of_zero_holds_packets_until_it_changes) {
  Bench bench(direction(DataRate::bits_per_second(0), 0s));
  bench.send();
  bench.simulation.at(net::TimePoint(1s), [&] { bench.link.set_rate(kRate); });
  bench.simulation.run();
  BOOST_REQUIRE(bench.arrivals.size() == 1u);
  BOOST_TEST((bench.arrivals[0].when == net::TimePoint(1s + kSerialisation)));
}

std::vector<int> survivors(const std::string& name, double loss, std::uint64_t seed, int packets) {
  auto options = direction(DataRate::unlimited(), kDelay);
  options.loss = loss;
  Bench bench(options, seed, name);
  for (int i = 0; i < packets; ++i) bench.send();
  bench.simulation.run();
  std::vector<int> numbers;
  for (const auto& each : bench.arrivals) numbers.push_back(each.number);
  return numbers;
}

BOOST_AUTO_TEST_CASE(losses_come_at_their_rate) {
  constexpr int kPackets = 60'000;
  constexpr double kLoss = 0.03;
  const auto lost = kPackets - static_cast<int>(survivors("a", kLoss, 1, kPackets).size());
  const double deviation = std::sqrt(kPackets * kLoss * (1 - kLoss));
  BOOST_TEST(std::abs(lost - kPackets * kLoss) < 5 * deviation);
}

BOOST_AUTO_TEST_CASE(losses_depend_on_the_links_name_and_the_seed) {
  const auto a = survivors("a", 0.1, 1, 1000);
  BOOST_TEST((a == survivors("a", 0.1, 1, 1000)));
  BOOST_TEST((a != survivors("b", 0.1, 1, 1000)));
  BOOST_TEST((a != survivors("a", 0.1, 2, 1000)));
}

BOOST_AUTO_TEST_CASE(jitter_spreads_the_delay_and_keeps_the_order) {
  for (const auto shape : {Jitter::Shape::uniform, Jitter::Shape::normal}) {
    auto options = direction(kRate, kDelay);
    options.jitter = {shape, 5ms, false};
    Bench bench(options);
    for (int i = 0; i < 500; ++i) bench.send();
    bench.simulation.run();
    BOOST_REQUIRE(bench.arrivals.size() == 500u);
    bool varies = false;
    for (int i = 1; i < 500; ++i) {
      BOOST_TEST(bench.arrivals[i].number == i);
      varies |= bench.arrivals[i].when - bench.arrivals[i - 1].when != kSerialisation;
    }
    BOOST_TEST(varies);
  }
}

BOOST_AUTO_TEST_CASE(jitter_that_reorders_lets_packets_overtake) {
  auto options = direction(kRate, kDelay);
  options.jitter = {Jitter::Shape::uniform, 5ms, true};
  Bench bench(options);
  for (int i = 0; i < 500; ++i) bench.send();
  bench.simulation.run();
  BOOST_REQUIRE(bench.arrivals.size() == 500u);
  int overtaken = 0;
  for (int i = 1; i < 500; ++i) {
    overtaken += bench.arrivals[i].number < bench.arrivals[i - 1].number;
    BOOST_TEST((bench.arrivals[i].when >= bench.arrivals[i - 1].when));
  }
  BOOST_TEST(overtaken > 50);
  for (const auto& each : bench.arrivals) {
    const auto delay = each.when - net::TimePoint((each.number + 1) * kSerialisation);
    BOOST_TEST((delay >= 15ms && delay <= 25ms));
  }
}

BOOST_AUTO_TEST_CASE(a_blackhole_swallows_what_is_under_way_and_what_comes) {
  Bench bench(direction(kRate, kDelay));
  for (int i = 0; i < 30; ++i) bench.send();
  bench.simulation.at(net::TimePoint(24500us), [&] {  // three have arrived
    bench.link.set_state(LinkDirection::State::blackhole);
    bench.send();
  });
  bench.simulation.at(net::TimePoint(1s), [&] {
    bench.link.set_state(LinkDirection::State::open);
    bench.send();
  });
  bench.simulation.run();
  BOOST_TEST(bench.arrivals.size() == 4u + 1u);
  BOOST_TEST((bench.arrivals.back().when == net::TimePoint(1s + kSerialisation + kDelay)));
  const auto counters = bench.link.counters();
  BOOST_TEST(counters.dropped_for(DropReason::blackhole).packets == 27u);
  BOOST_TEST(counters.offered.packets == 32u);
  BOOST_TEST(counters.delivered.packets == 5u);
  BOOST_TEST(bench.packets.in_use() == 0u);
}

class Witness : public PacketObserver {
 public:
  void enqueued(const LinkDirection&, const Packet&, net::TimePoint) override { ++enqueues; }
  void delivered(const LinkDirection&, const Packet&, net::TimePoint) override { ++deliveries; }
  void dropped(const LinkDirection&, const Packet&, DropReason, net::TimePoint) override {
    ++drops;
  }
  int enqueues = 0, deliveries = 0, drops = 0;
};

BOOST_AUTO_TEST_CASE(an_observer_sees_every_packet) {
  Bench bench(direction(kRate, kDelay, QueueLimit::of_packets(5)));
  Witness witness;
  bench.link.add_observer(witness);
  for (int i = 0; i < 10; ++i) bench.send();
  bench.simulation.run();
  BOOST_TEST(witness.enqueues == 6);
  BOOST_TEST(witness.deliveries == 6);
  BOOST_TEST(witness.drops == 4);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
