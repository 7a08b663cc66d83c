// What queue disciplines keep, drop and mark: against theory and their RFCs.
#include "sim/link/codel.hpp"
#include "tests/unit/sim/link_bench.hpp"

#include <cmath>
#include <map>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(link_queue)
namespace {

// A source that sends packets of 1500 bytes whose gaps are drawn by `gap`.
void send_at_random(Bench& bench, net::Duration mean, net::TimePoint end, Random& random) {
  const auto next = bench.simulation.now() + random.exponential(mean);
  if (next > end) return;
  bench.simulation.at(next, [&bench, mean, end, &random] {
    bench.send();
    send_at_random(bench, mean, end, random);
  });
}

BOOST_AUTO_TEST_CASE(poisson_arrivals_wait_as_long_as_an_m_d_1_queue_says) {
  for (const double load : {0.3, 0.5, 0.7, 0.85}) {
    Bench bench(direction(kRate, 0s, QueueLimit::of_packets(1'000'000)));
    Random random(5, "poisson");
    const auto mean = net::Duration(static_cast<std::int64_t>(1e6 / load));
    // Packets are told apart by their number: fewer than 2^16 at a time.
    std::vector<net::TimePoint> sent;
    class Watch : public PacketObserver {
     public:
      explicit Watch(std::vector<net::TimePoint>& times) : times_(times) {}
      void enqueued(const LinkDirection&, const Packet&, net::TimePoint now) override {
        times_.push_back(now);
      }

     private:
      std::vector<net::TimePoint>& times_;
    } watch(sent);
    bench.link.add_observer(watch);
    send_at_random(bench, mean, net::TimePoint(200s), random);
    bench.simulation.run();
    BOOST_REQUIRE(sent.size() == bench.arrivals.size());
    double waited = 0;  // in services
    for (std::size_t i = 0; i < sent.size(); ++i) {
      waited += static_cast<double>((bench.arrivals[i].when - sent[i] - kSerialisation).count());
    }
    waited /= static_cast<double>(sent.size()) * 1e6;
    BOOST_TEST(waited == load / (2 * (1 - load)), boost::test_tools::tolerance(0.05));
  }
}

// Offers 1500-byte packets at `gap` for `span`, and returns the delay of the last tenth.
net::Duration standing_delay(Bench& bench, net::Duration gap, net::Duration span,
                             Ecn ecn = Ecn::not_ect) {
  const auto count = span / gap;
  for (std::int64_t i = 0; i < count; ++i) {
    bench.simulation.at(net::TimePoint(i * gap), [&bench, ecn] { bench.send(1500, 0, ecn); });
  }
  bench.simulation.run();
  net::Duration sum{};
  std::int64_t packets = 0;
  for (const auto& each : bench.arrivals) {
    if (each.when < net::TimePoint(span * 9 / 10) || each.when > net::TimePoint(span)) continue;
    sum += each.when - net::TimePoint(each.number * gap) - kSerialisation;
    ++packets;
  }
  return sum / packets;
}

BOOST_AUTO_TEST_CASE(codel_drops_at_intervals_that_shrink_with_the_square_root) {
  // Twice the line's rate: a queue that stands from the beginning.
  auto options = direction(kRate, 0s);
  options.queue = Codel{};
  Bench bench(options);
  struct Drops : PacketObserver {
    void dropped(const LinkDirection&, const Packet&, DropReason reason,
                 net::TimePoint now) override {
      if (reason == DropReason::queue_early) times.push_back(now);
    }
    std::vector<net::TimePoint> times;
  } drops;
  bench.link.add_observer(drops);
  for (int i = 0; i < 2000; ++i) {
    bench.simulation.at(net::TimePoint(i * 500us), [&] { bench.send(); });
  }
  bench.simulation.run_until(net::TimePoint(1s));
  BOOST_REQUIRE(drops.times.size() > 10u);
  // Above the target from about 10 ms on, an interval later the first drop, and then each
  // interval / sqrt(n) later the next one, to a packet.
  BOOST_TEST((drops.times[0] > net::TimePoint(105ms) && drops.times[0] < net::TimePoint(116ms)));
  auto due = drops.times[0];
  for (std::size_t n = 1; n < 10; ++n) {
    due += net::Duration(static_cast<std::int64_t>(1e8 / std::sqrt(static_cast<double>(n))));
    BOOST_TEST((drops.times[n] >= due && drops.times[n] <= due + kSerialisation));
  }
}

BOOST_AUTO_TEST_CASE(codel_leaves_a_burst_alone_that_is_gone_within_an_interval) {
  auto options = direction(kRate, 0s);
  options.queue = Codel{};
  Bench bench(options);
  for (int i = 0; i < 90; ++i) bench.send();  // 90 ms of queue
  bench.simulation.run();
  BOOST_TEST(bench.arrivals.size() == 90u);
}

BOOST_AUTO_TEST_CASE(codel_marks_in_place_of_dropping_what_understands_marks) {
  for (const bool ecn : {true, false}) {
    auto options = direction(kRate, 0s);
    Codel codel;
    codel.ecn = ecn;
    options.queue = codel;
    Bench bench(options);
    standing_delay(bench, 950us, 3s, Ecn::ect_0);
    const auto counters = bench.link.counters();
    std::uint64_t marked = 0;
    for (const auto& each : bench.arrivals) marked += each.ecn == Ecn::ce;
    BOOST_TEST(marked == counters.marked);
    BOOST_TEST((marked > 10u) == ecn);
    BOOST_TEST((bench.dropped(DropReason::queue_early) > 10u) == !ecn);
  }
}

BOOST_AUTO_TEST_CASE(codel_brings_a_bulk_flow_to_about_its_target) {
  // A CUBIC flow over 12 Mbit/s and 40 ms, with a drop-tail queue of 400 ms, and with CoDel.
  const auto mean_queue = [](const QueueModel& queue) {
    auto options = direction(kRate, 20ms);
    options.queue = queue;
    TwoHosts hosts(LinkOptions::symmetric(options));
    hosts.server.spawn(serve_bytes(hosts.server, kServer, 40'000'000));
    hosts.simulation.spawn([](Host& host) -> net::Task<void> {
      const auto got = co_await download(host, kServer);
      BOOST_TEST(got.has_value());
    }(hosts.client));
    double sum = 0;
    int samples = 0;
    for (net::Duration at = 5s; at < 25s; at += 7ms, ++samples) {
      hosts.simulation.run_until(net::TimePoint(at));
      sum += static_cast<double>(hosts.link.down().queued_bytes().bytes()) / 1500;  // ms
    }
    return std::pair(sum / samples, hosts.link.down().counters().delivered.bytes);
  };
  const auto [bloated, most] = mean_queue(QueueLimit::of(ByteSize::kilobytes(600)));
  const auto [controlled, carried] = mean_queue(Codel{});
  BOOST_TEST(bloated > 200.0);
  BOOST_TEST(controlled < 15.0);
  BOOST_TEST(controlled > 1.0);
  BOOST_TEST(static_cast<double>(carried) > 0.9 * static_cast<double>(most));
}

BOOST_AUTO_TEST_CASE(fq_codel_serves_a_sparse_flow_before_a_backlog) {
  const auto worst_wait = [](const QueueModel& queue) {
    auto options = direction(kRate, 0s);
    options.queue = queue;
    Bench bench(options);
    for (int i = 0; i < 1500; ++i) {  // a flood of 16 Mbit/s, and 100 bytes each 50 ms
      bench.simulation.at(net::TimePoint(i * 750us), [&] { bench.send(1500, 1); });
    }
    std::vector<net::TimePoint> sent;
    for (int i = 1; i < 20; ++i) {
      sent.push_back(net::TimePoint(i * 50ms));
      bench.simulation.at(sent.back(), [&] { bench.send(100, 2); });
    }
    bench.simulation.run();
    net::Duration worst{};
    std::size_t arrived = 0;
    for (const auto& each : bench.arrivals) {
      if (each.flow == 2) worst = std::max(worst, each.when - sent.at(arrived++));
    }
    BOOST_TEST(arrived == sent.size());
    return worst;
  };
  // A packet of the flood may be on the line, and its own 67 us.
  BOOST_TEST((worst_wait(FqCodel{}) <= kSerialisation + 67us));
  BOOST_TEST((worst_wait(QueueLimit::of_packets(1000)) > 200ms));
}

BOOST_AUTO_TEST_CASE(fq_codel_shares_the_line_by_bytes_among_flows_with_a_backlog) {
  auto options = direction(kRate, 0s);
  options.queue = FqCodel{};
  Bench bench(options);
  // Flow 1 in packets of 1500 bytes, flow 2 of 300, both far more than half of the line.
  for (int i = 0; i < 2000; ++i) {
    bench.simulation.at(net::TimePoint(i * 1ms), [&] {
      bench.send(1500, 1);
      for (int k = 0; k < 5; ++k) bench.send(300, 2);
    });
  }
  bench.simulation.run_until(net::TimePoint(2s));
  std::map<int, double> bytes;
  for (const auto& each : bench.arrivals) bytes[each.flow] += each.size;
  BOOST_TEST(bytes[1] / (bytes[1] + bytes[2]) == 0.5, boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(fq_codel_makes_room_at_the_cost_of_the_flow_that_holds_most) {
  auto options = direction(kRate, 0s);
  FqCodel queue;
  queue.limit = QueueLimit::of_packets(100);
  options.queue = queue;
  Bench bench(options);
  for (int i = 0; i < 5; ++i) bench.send(1500, 2);
  for (int i = 0; i < 300; ++i) bench.send(1500, 1);
  BOOST_TEST(bench.link.queued_packets() <= 100u);
  BOOST_TEST(bench.dropped(DropReason::queue_full) > 150u);
  bench.simulation.run();
  const auto of_2 = std::count_if(bench.arrivals.begin(), bench.arrivals.end(),
                                  [](const Arrival& each) { return each.flow == 2; });
  BOOST_TEST(of_2 == 5);
  const auto counters = bench.link.counters();
  BOOST_TEST(counters.offered.packets == counters.delivered.packets +
                                             bench.dropped(DropReason::queue_full) +
                                             bench.dropped(DropReason::queue_early));
  BOOST_TEST(bench.packets.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(flows_that_end_leave_nothing_behind) {
  auto options = direction(kRate, 0s);
  options.queue = FqCodel{};
  Bench bench(options);
  for (std::uint16_t flow = 0; flow < 3000; ++flow) {
    bench.simulation.at(net::TimePoint(flow * 2ms), [&bench, flow] {
      bench.send(1500, flow);
      bench.send(700, flow);
    });
  }
  bench.simulation.run();
  BOOST_TEST(bench.arrivals.size() == 6000u);
  BOOST_TEST(bench.link.queued_packets() == 0u);
  BOOST_TEST(bench.link.queued_bytes().bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(red_drops_the_share_that_its_mean_queue_asks_for) {
  // A queue that a slow rise keeps between min and max: with a fixed offered load above the line's
  // rate the mean queue settles where the drops take away what is too much.
  auto options = direction(kRate, 0s);
  options.queue =
      Red{ByteSize::kilobytes(15), ByteSize::kilobytes(150), ByteSize::kilobytes(600), 0.1, false};
  Bench bench(options);
  // 5 % more than the line sends.
  const auto gap = net::Duration(952'381);
  for (int i = 0; i < 60'000; ++i) {
    bench.simulation.at(net::TimePoint(i * gap), [&] { bench.send(); });
  }
  bench.simulation.run_until(net::TimePoint(57s));
  const auto dropped = static_cast<double>(bench.dropped(DropReason::queue_early));
  BOOST_TEST(dropped / 60'000 == 0.05, boost::test_tools::tolerance(0.15));
  BOOST_TEST(bench.dropped(DropReason::queue_full) == 0u);
  // Uniform spacing (the count of the paper) of mean 20 means a base probability of about 0.026,
  // which is reached at about 15 + 135 * 0.26 kB.
  const auto depth = static_cast<double>(bench.link.queued_bytes().bytes());
  BOOST_TEST(depth > 25'000.0);
  BOOST_TEST(depth < 90'000.0);
}

BOOST_AUTO_TEST_CASE(red_marks_what_understands_marks_and_lets_it_pass) {
  auto options = direction(kRate, 0s);
  options.queue =
      Red{ByteSize::kilobytes(15), ByteSize::kilobytes(30), ByteSize::kilobytes(600), 0.1, true};
  Bench bench(options);
  for (int i = 0; i < 6'000; ++i) {
    bench.simulation.at(net::TimePoint(i * 990us), [&] { bench.send(1500, 0, Ecn::ect_0); });
  }
  bench.simulation.run();
  BOOST_TEST(bench.arrivals.size() == 6000u);
  BOOST_TEST(bench.link.counters().marked > 50u);
}

BOOST_AUTO_TEST_CASE(a_new_queue_takes_over_what_waits) {
  Bench bench(direction(kRate, 0s));
  for (int i = 0; i < 50; ++i) bench.send();
  bench.simulation.at(net::TimePoint(500us), [&] { bench.link.set_queue(FqCodel{}); });
  bench.simulation.at(net::TimePoint(10'500us),
                      [&] { bench.link.set_queue(QueueLimit::of_packets(20)); });
  bench.simulation.run();
  BOOST_REQUIRE(bench.arrivals.size() == 31u);  // 11 begun, 20 kept
  for (int i = 0; i < 31; ++i) BOOST_TEST(bench.arrivals[i].number == i);
  BOOST_TEST(bench.dropped(DropReason::queue_full) == 19u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
