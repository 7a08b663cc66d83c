// Sending without loss: the initial window, its growth, and the completion times that follow.
#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_slow_start)
namespace {

constexpr auto kRtt = 40ms;
constexpr std::size_t kSegment = 1448;  // MTU 1500 less 20 of IP, 20 of TCP, 12 of timestamps
constexpr std::size_t kInitialWindow = 10;

// From the first SYN until the last byte has been read.
double completion_time(std::size_t size) {
  Exchange exchange;
  Transfer transfer(exchange, Side::client, size);
  exchange.applications = [&] { transfer.work(); };
  exchange.connect();
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  BOOST_TEST(transfer.intact());
  return seconds(exchange.now());
}

BOOST_AUTO_TEST_CASE(a_window_of_ten_segments_opens_and_doubles_with_each_round_trip) {
  Exchange exchange;
  exchange.establish();
  const auto start = exchange.now();
  Transfer transfer(exchange, Side::client, 2'000'000);
  exchange.applications = [&] { transfer.work(); };
  exchange.run_for(5 * kRtt);
  std::size_t sent[5] = {};
  for (const auto& one : exchange.data_sent_by(Side::client)) {
    BOOST_TEST(one.segment.payload.size() == kSegment);
    BOOST_TEST(one.segment.size() == 1480);
    const auto round = static_cast<std::size_t>((one.when - start) / kRtt);
    if (round < 5) ++sent[round];
  }
  // Whatever the delayed ACKs; that of an odd last segment may lag.
  BOOST_TEST(sent[0] == kInitialWindow);
  BOOST_TEST(sent[1] == 2 * kInitialWindow);
  BOOST_TEST(sent[2] == 4 * kInitialWindow);
  BOOST_TEST(sent[3] == 8 * kInitialWindow);
  BOOST_TEST(sent[4] >= 16 * kInitialWindow - 2);
  BOOST_TEST(sent[4] <= 16 * kInitialWindow);
}

BOOST_AUTO_TEST_CASE(completion_times_are_counted_in_round_trips) {
  const auto tolerance = boost::test_tools::tolerance(1e-9);
  const auto half = seconds(kRtt) / 2;
  // The handshake takes one round trip, the last flight half of one.
  BOOST_TEST(completion_time(1000) == 3 * half, tolerance);
  BOOST_TEST(completion_time(kInitialWindow * kSegment) == 3 * half, tolerance);
  BOOST_TEST(completion_time(kInitialWindow * kSegment + 1) == 5 * half, tolerance);
  // 100 kB are 70 segments: 10 + 20 + 40.
  BOOST_TEST(completion_time(100'000) == 7 * half, tolerance);
}

BOOST_AUTO_TEST_CASE(the_end_of_what_was_written_is_pushed) {
  Exchange exchange;
  exchange.establish();
  exchange.client().write(pattern(0, 3 * kSegment), exchange.now());
  exchange.settle();
  const auto sent = exchange.data_sent_by(Side::client);
  BOOST_REQUIRE_EQUAL(sent.size(), 3);
  BOOST_TEST(!sent[0].segment.psh);
  BOOST_TEST(!sent[1].segment.psh);
  BOOST_TEST(sent[2].segment.psh);
}

BOOST_AUTO_TEST_CASE(small_writes_go_out_at_once_without_delay) {
  Exchange exchange;
  exchange.establish();
  exchange.client().no_delay(true);
  for (std::size_t i = 0; i < 3; ++i) {
    exchange.client().write(pattern(i, 1), exchange.now());
    exchange.settle();
  }
  BOOST_TEST(exchange.data_sent_by(Side::client).size() == 3);
}

BOOST_AUTO_TEST_CASE(a_window_that_is_not_used_does_not_grow) {
  Exchange exchange;
  exchange.establish();
  for (int i = 0; i < 100; ++i) {
    exchange.client().write(pattern(0, 100), exchange.now());
    exchange.run_for(50ms);
  }
  BOOST_TEST(exchange.client().info().congestion_window == kInitialWindow);
}

BOOST_AUTO_TEST_CASE(after_a_pause_the_window_starts_again) {
  Exchange exchange;
  exchange.establish();
  Transfer transfer(exchange, Side::client, 1'000'000);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  BOOST_TEST(exchange.client().info().congestion_window > 100);
  exchange.run_for(60s);
  Transfer second(exchange, Side::client, 100 * kSegment);
  exchange.applications = [&] { second.work(); };
  const auto before = exchange.data_sent_by(Side::client).size();
  exchange.settle();
  BOOST_TEST(exchange.data_sent_by(Side::client).size() - before == kInitialWindow);
}

BOOST_AUTO_TEST_CASE(sequence_numbers_wrap_around) {
  constexpr std::uint32_t kNearTheEnd = 0xFFFFFFFF - 20000;
  Exchange exchange({}, {}, kNearTheEnd, kNearTheEnd + 5);
  exchange.establish();
  Transfer there(exchange, Side::client, 500'000, true);
  Transfer back(exchange, Side::server, 500'000, true);
  exchange.applications = [&] {
    there.work();
    back.work();
  };
  exchange.path = [](Side, int number, const Segment&) {
    return Fate{.dropped = number % 37 == 9};
  };
  BOOST_TEST(exchange.run_until([&] { return there.complete() && back.complete(); }));
  BOOST_TEST(there.intact());
  BOOST_TEST(back.intact());
}

// Once the receive window has grown as far as its buffer lets it.
BOOST_AUTO_TEST_CASE(the_second_segment_is_acknowledged_at_once_and_a_single_one_after_40_ms) {
  Options options;
  options.receive_buffer = options.receive_buffer_initial;
  Exchange exchange(options, options);
  exchange.establish();
  Transfer transfer(exchange, Side::client, 100 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  exchange.run_for(100ms);
  const auto acks = exchange.sent_by(Side::server).size() - 1;  // the SYN-ACK
  BOOST_TEST(acks >= 16 + (100 - 16) / 2);  // quick ACKs, then every second segment
  BOOST_TEST(acks <= 16 + (100 - 16) / 2 + 4);

  exchange.client().write(pattern(100 * kSegment, kSegment - 1), exchange.now());
  exchange.applications = nullptr;
  exchange.settle();
  const auto sent = exchange.now();
  exchange.run_for(100ms);
  const auto waited = exchange.sent().back().when - sent - 20ms;
  BOOST_TEST((exchange.sent().back().from == Side::server));
  BOOST_TEST(seconds(waited) >= 0.040);
  BOOST_TEST(seconds(waited) <= 0.045);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
