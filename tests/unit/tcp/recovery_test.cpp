// Loss and its repair.
#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_recovery)
namespace {

constexpr auto kRtt = 40ms;
constexpr std::size_t kSegment = 1448;
constexpr auto kRto = 240ms;

Options without_sack() {
  Options options;
  options.sack = false;
  return options;
}

// Loses data segments of the client by their position in the stream, in segments, the first time.
struct Losses {
  std::set<std::uint32_t> positions;

  Fate operator()(Side from, int, const Segment& segment) {
    if (from != Side::client || segment.payload.size() == 0) return {};
    return Fate{.dropped = positions.erase((segment.sequence - 1001) / kSegment) > 0};
  }
};

struct Run {
  double seconds = 0;  // from the established connection to the last byte read
  std::uint32_t retransmits = 0;
  std::uint32_t window = 0;  // segments, at the end
  double first_repair = 0;   // seconds from the loss of a segment to its second transmission
  double last_repair = 0;    // seconds from the first loss to the last repetition
  bool done = false;
};

Run transfer_with_losses(const Options& options, std::set<std::uint32_t> positions,
                         std::size_t segments) {
  Exchange exchange(options, options);
  exchange.establish();
  const auto start = exchange.now();
  exchange.path = Losses{std::move(positions)};
  Transfer transfer(exchange, Side::client, segments * kSegment);
  exchange.applications = [&] { transfer.work(); };
  Run run;
  run.done = exchange.run_until([&] { return transfer.complete(); }) && transfer.intact();
  run.seconds = seconds(exchange.now() - start);
  run.retransmits = exchange.client().info().retransmits;
  run.window = exchange.client().info().congestion_window;
  const auto sent = exchange.data_sent_by(Side::client);
  const auto lost = std::find_if(sent.begin(), sent.end(), [](auto& one) { return one.dropped; });
  if (lost == sent.end()) return run;
  const auto again = std::find_if(lost + 1, sent.end(), [&](auto& one) {
    return one.segment.sequence == lost->segment.sequence;
  });
  std::set<std::uint32_t> seen;
  for (const auto& one : sent) {
    if (!seen.insert(one.segment.sequence).second) {
      run.last_repair = test::seconds(one.when - lost->when);
    }
  }
  if (again != sent.end()) run.first_repair = test::seconds(again->when - lost->when);
  return run;
}

BOOST_AUTO_TEST_CASE(a_single_loss_is_repaired_without_a_time_out) {
  for (const bool sack : {false, true}) {
    Options options;
    options.sack = sack;
    BOOST_TEST(transfer_with_losses(options, {}, 100).retransmits == 0);
    const auto lossy = transfer_with_losses(options, {12}, 100);
    BOOST_TEST(lossy.done);
    BOOST_TEST(lossy.retransmits == 1);
    // The duplicates come one round trip after the segment was due.
    BOOST_TEST(lossy.first_repair == seconds(kRtt), boost::test_tools::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(a_loss_halves_the_window) {
  auto options = without_sack();
  options.congestion = CongestionAlgorithm::reno;
  Exchange exchange(options, options);
  exchange.establish();
  exchange.path = Losses{{60}};
  Transfer transfer(exchange, Side::client, 500 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  std::uint32_t largest = 0;
  std::uint32_t reduced = 0;
  exchange.run_until([&] {
    const auto info = exchange.client().info();
    if (info.retransmits == 0) largest = info.congestion_window;
    // Proportionally, while the acknowledgments come in (RFC 6937).
    if (info.retransmits == 1 && reduced == 0 && info.congestion_window <= largest / 2) {
      reduced = info.congestion_window;
    }
    return transfer.complete();
  });
  BOOST_TEST(reduced == largest / 2);
}

BOOST_AUTO_TEST_CASE(congestion_avoidance_grows_by_one_segment_for_each_round_trip) {
  auto options = without_sack();
  options.congestion = CongestionAlgorithm::reno;
  Exchange exchange(options, options);
  exchange.establish();
  exchange.path = Losses{{12}};
  Transfer transfer(exchange, Side::client, 2000 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  exchange.run_for(10 * kRtt);
  const auto before = exchange.client().info().congestion_window;
  exchange.run_for(10 * kRtt);
  const auto grown = exchange.client().info().congestion_window - before;
  BOOST_TEST(grown >= 9);
  BOOST_TEST(grown <= 11);
}

BOOST_AUTO_TEST_CASE(newreno_repairs_several_losses_of_one_window_one_for_each_round_trip) {
  const auto lossy = transfer_with_losses(without_sack(), {32, 35, 38, 41}, 200);
  BOOST_TEST(lossy.done);
  BOOST_TEST(lossy.retransmits == 4);
  const auto clean = transfer_with_losses(without_sack(), {}, 200);
  BOOST_TEST(lossy.seconds - clean.seconds >= seconds(4 * kRtt) - 0.001);
  BOOST_TEST(lossy.seconds - clean.seconds <= seconds(8 * kRtt));
}

BOOST_AUTO_TEST_CASE(sack_repairs_all_losses_of_a_window_within_a_round_trip) {
  const std::set<std::uint32_t> losses{32, 35, 38, 41, 44, 47};
  const auto with = transfer_with_losses({}, losses, 200);
  const auto without = transfer_with_losses(without_sack(), losses, 200);
  BOOST_TEST((with.done && without.done));
  BOOST_TEST(with.retransmits == losses.size());
  BOOST_TEST(without.retransmits == losses.size());
  // The losses are noticed one round trip after they happened.
  BOOST_TEST(with.first_repair == seconds(kRtt), boost::test_tools::tolerance(1e-9));
  BOOST_TEST(with.last_repair <= seconds(2 * kRtt));
  BOOST_TEST(without.last_repair >= seconds(6 * kRtt) - 1e-9);
}

BOOST_AUTO_TEST_CASE(every_third_segment_lost_is_repaired_once_each) {
  std::set<std::uint32_t> losses;
  for (std::uint32_t i = 30; i < 69; i += 3) losses.insert(i);
  const auto lossy = transfer_with_losses({}, losses, 200);
  BOOST_TEST(lossy.done);
  BOOST_TEST(lossy.retransmits == losses.size());
}

BOOST_AUTO_TEST_CASE(limited_transmit_finds_a_loss_in_a_window_of_three) {
  // The first duplicates are two; the new segments that they let out give the third.
  Options options = without_sack();
  options.initial_window = 3;
  Exchange exchange(options, options);
  exchange.establish();
  exchange.client().write(pattern(0, kSegment), exchange.now());
  exchange.run_for(100ms);  // the receiver has told its full window
  exchange.path = Losses{{1}};
  exchange.client().write(pattern(kSegment, 20 * kSegment), exchange.now());
  const auto start = exchange.now();
  exchange.run_for(10 * kRtt);
  std::vector<double> times;
  for (const auto& sent : exchange.data_sent_by(Side::client)) {
    if (sent.segment.sequence == 1001 + kSegment) times.push_back(seconds(sent.when - start));
  }
  BOOST_REQUIRE_EQUAL(times.size(), 2);
  BOOST_TEST(times[0] == 0.0);
  BOOST_TEST(times[1] == seconds(2 * kRtt), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(the_tail_of_a_transfer_is_repaired_by_a_probe_or_the_time_out) {
  for (const bool sack : {false, true}) {
    Options options;
    options.sack = sack;
    Exchange exchange(options, options);
    exchange.establish();
    const auto start = exchange.now();
    exchange.path = Losses{{9}};
    Transfer transfer(exchange, Side::client, 10 * kSegment);
    exchange.applications = [&] { transfer.work(); };
    BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
    // The timer was set again by the last acknowledgment, one round trip after the start.
    BOOST_TEST(seconds(exchange.now() - start) == seconds(kRtt + kRto + kRtt / 2),
               boost::test_tools::tolerance(0.04));
    BOOST_TEST(exchange.client().info().retransmits == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_lost_retransmission_waits_for_the_time_out) {
  Exchange exchange;
  exchange.establish();
  int copies = 0;
  exchange.path = [&](Side from, int, const Segment& segment) {
    const bool target = from == Side::client && segment.payload.size() > 0 &&
                        segment.sequence == 1001 + 12 * kSegment;
    return Fate{.dropped = target && copies++ < 2};
  };
  Transfer transfer(exchange, Side::client, 100 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  BOOST_TEST(transfer.intact());
  BOOST_TEST(copies >= 3);
  BOOST_TEST(exchange.client().info().retransmits >= 2);
}

BOOST_AUTO_TEST_CASE(after_a_blackout_everything_lost_is_sent_again_in_slow_start) {
  for (const bool sack : {false, true}) {
    Options options;
    options.sack = sack;
    Exchange exchange(options, options);
    exchange.establish();
    const auto start = exchange.now();
    exchange.path = [&](Side, int, const Segment&) {
      const auto since = exchange.now() - start;
      return Fate{.dropped = since > 100ms && since < 700ms};
    };
    Transfer transfer(exchange, Side::client, 1000 * kSegment, true);
    exchange.applications = [&] { transfer.work(); };
    BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }, 20s));
    BOOST_TEST(transfer.intact());
    BOOST_TEST(seconds(exchange.now() - start) < 2.0);
  }
}

BOOST_AUTO_TEST_CASE(lost_acknowledgments_alone_cause_no_retransmission) {
  Exchange exchange;
  exchange.establish();
  exchange.path = [](Side from, int number, const Segment&) {
    return Fate{.dropped = from == Side::server && number % 3 == 1};
  };
  Transfer transfer(exchange, Side::client, 300 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  BOOST_TEST(exchange.client().info().retransmits == 0);
}

BOOST_AUTO_TEST_CASE(out_of_order_data_is_acknowledged_at_once_and_delivered_in_order) {
  Exchange exchange;
  exchange.establish();
  exchange.path = [](Side from, int number, const Segment& segment) {
    const bool late = from == Side::client && segment.payload.size() > 0 && number == 3;
    return Fate{.late = late ? Duration(5ms) : Duration{}};
  };
  Transfer transfer(exchange, Side::client, 4 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  BOOST_TEST(transfer.intact());
  const auto acks = exchange.sent_by(Side::server);
  BOOST_REQUIRE(acks.size() >= 4);
  const auto& duplicate = acks[acks.size() - 2].segment;
  BOOST_TEST(duplicate.acknowledgment == 1001 + kSegment);
  BOOST_REQUIRE_EQUAL(duplicate.sack_count, 1);
  BOOST_TEST(duplicate.sack[0].begin == 1001 + 2 * kSegment);
  BOOST_TEST(duplicate.sack[0].end == 1001 + 4 * kSegment);
  BOOST_TEST(duplicate.header_size() == 20 + 12 + 12);
  BOOST_TEST(acks.back().segment.acknowledgment == 1001 + 4 * kSegment);
  BOOST_TEST(acks.back().segment.sack_count == 0);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
