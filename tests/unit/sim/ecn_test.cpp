// Congestion that queues mark and TCP hears of (RFC 3168), from one host to the other.
#include "tests/unit/sim/two_hosts.hpp"

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(ecn_end_to_end)
namespace {

constexpr std::size_t kBytes = 20'000'000;

// What the network tells the sender, and what the sender says of it.
struct Words : PacketObserver {
  void offered(const LinkDirection&, const Packet& packet, net::TimePoint) override {
    const auto& segment = std::get<tcp::Segment>(packet.transport);
    if (segment.syn) return;
    capable += packet.ecn == Ecn::ect_0;
    data += segment.payload.size() > 0;
    reduced += segment.cwr;
    echoes += segment.ece;
  }
  int data = 0;
  int capable = 0;
  int reduced = 0;  // CWR
  int echoes = 0;   // ECE
};

struct Outcome {
  double seconds;
  LinkCounters down;
  std::uint32_t retransmits;
  Words sender;
  Words receiver;
};

Outcome download_through(const QueueModel& queue, tcp::EcnPolicy policy) {
  DirectionOptions wire;
  wire.rate = DataRate::mbit_per_second(20);
  wire.delay = 20ms;
  wire.queue = queue;
  TwoHosts hosts(LinkOptions::symmetric(wire));
  for (auto* host : {&hosts.client, &hosts.server}) {
    auto options = host->options().tcp;
    options.ecn = policy;
    host->set_tcp_options(options);
  }
  Outcome outcome{};
  hosts.link.down().add_observer(outcome.sender);
  hosts.link.up().add_observer(outcome.receiver);
  hosts.server.spawn(serve_bytes(hosts.server, kServer, kBytes));
  BOOST_TEST(result_of(hosts.simulation, download(hosts.client, kServer)).value() == kBytes);
  outcome.seconds =
      std::chrono::duration<double>(hosts.simulation.now().time_since_epoch()).count();
  outcome.down = hosts.link.down().counters();
  hosts.world.visit_tcp([&](const TcpView& view) {
    outcome.retransmits = std::max(outcome.retransmits, view.info.retransmits);
  });
  return outcome;
}

std::uint64_t drops(const LinkCounters& counters) {
  std::uint64_t count = 0;
  for (const auto& dropped : counters.dropped) count += dropped.packets;
  return count;
}

QueueModel codel(bool marks) {
  Codel options;
  options.ecn = marks;
  return options;
}

QueueModel red(bool marks) {
  return Red{ByteSize::bytes(30'000), ByteSize::bytes(150'000), ByteSize::bytes(400'000), 0.05,
             marks};
}

BOOST_AUTO_TEST_CASE(
    a_queue_that_marks_costs_no_segment_and_the_sender_says_that_it_has_slowed_down) {
  for (const auto& queue : {codel(true), red(true)}) {
    const auto outcome = download_through(queue, tcp::EcnPolicy::on);
    BOOST_TEST(outcome.down.marked > 3u);
    BOOST_TEST(drops(outcome.down) == 0u);
    BOOST_TEST(outcome.retransmits == 0u);
    BOOST_TEST(outcome.sender.capable == outcome.sender.data);
    // Once for each window with marks: no more often than the network spoke, and each time heard.
    BOOST_TEST(outcome.sender.reduced > 1);
    BOOST_TEST(static_cast<std::uint64_t>(outcome.sender.reduced) <= outcome.down.marked);
    BOOST_TEST(outcome.receiver.echoes > outcome.sender.reduced);
    // And the line is used: 20 MB take 8.3 s.
    BOOST_TEST(outcome.seconds < 9);
  }
}

BOOST_AUTO_TEST_CASE(who_does_not_speak_of_congestion_is_told_by_drops) {
  for (const auto& queue : {codel(true), red(true)}) {
    const auto outcome = download_through(queue, tcp::EcnPolicy::off);
    BOOST_TEST(outcome.down.marked == 0u);
    BOOST_TEST(drops(outcome.down) > 3u);
    BOOST_TEST(outcome.retransmits == drops(outcome.down));
    BOOST_TEST(outcome.sender.capable == 0);
    BOOST_TEST(outcome.receiver.echoes == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_queue_that_does_not_mark_drops_from_those_who_would_listen) {
  for (const auto& queue : {codel(false), red(false)}) {
    const auto outcome = download_through(queue, tcp::EcnPolicy::on);
    BOOST_TEST(outcome.down.marked == 0u);
    BOOST_TEST(drops(outcome.down) > 3u);
    BOOST_TEST(outcome.sender.capable > 0);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
