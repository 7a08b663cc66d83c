// Windows of more than 64 kB (RFC 7323 2).
#include "sim/tcp/receive_window.hpp"
#include "tests/unit/tcp/exchange.hpp"
#include "tests/unit/tcp/script.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_window_scale)
namespace {

constexpr std::size_t kLargestUnscaled = 65535;

// The most that was on its way at a time, of what the client sent.
std::size_t most_in_flight(const Options& client, const Options& server) {
  Exchange exchange(client, server);
  exchange.establish();
  Transfer transfer(exchange, Side::client, 3'000'000);
  std::size_t most = 0;
  exchange.applications = [&] {
    transfer.work();
    most = std::max<std::size_t>(most, exchange.client().info().segments_unacked * 1448);
  };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  return most;
}

BOOST_AUTO_TEST_CASE(the_scale_is_the_least_that_can_say_the_buffer) {
  BOOST_TEST(ReceiveWindow::scale_for(65535) == 0);
  BOOST_TEST(ReceiveWindow::scale_for(65536) == 1);
  BOOST_TEST(ReceiveWindow::scale_for(6 * 1024 * 1024) == 7);
  BOOST_TEST(ReceiveWindow::scale_for(32 * 1024 * 1024) == 10);
  BOOST_TEST(ReceiveWindow::scale_for(std::size_t{1} << 40) == 14);  // RFC 7323 2.3
}

// RFC 7323 2.2: that of a SYN is not, those of all others are.
BOOST_AUTO_TEST_CASE(the_window_of_a_syn_is_not_scaled_and_all_later_ones_are) {
  constexpr std::uint16_t kTwoSegments = 2 * Script::kSegment;
  Script tcp({}, kTwoSegments);
  for (int i = 0; i < 30; ++i) tcp.write(Script::kSegment);
  BOOST_TEST(tcp.sent() == "0: 0 1");
  tcp.at(40);
  tcp.ack(2);
  BOOST_TEST(tcp.sent() == "40: 2 3 4 5 6 7 8 9 10 11");
}

BOOST_AUTO_TEST_CASE(where_one_side_does_not_scale_no_more_than_64_kb_is_on_its_way) {
  Options without;
  without.window_scaling = false;
  BOOST_TEST(most_in_flight({}, {}) > 2 * kLargestUnscaled);
  BOOST_TEST(most_in_flight(without, {}) <= kLargestUnscaled);
  BOOST_TEST(most_in_flight({}, without) <= kLargestUnscaled);
}

// RFC 7323 2.4: a window that is no multiple of the scale's unit is rounded, never back.
BOOST_AUTO_TEST_CASE(a_scaled_window_never_takes_back_what_was_offered) {
  constexpr std::uint8_t kScale = 10;
  ReceiveWindow window(128 * 1024, 32 * 1024 * 1024, 1448);
  window.begin(0);
  window.offer_unscaled(0);
  window.on_established();
  Sequence edge = window.right_edge();
  std::size_t unread = 0;
  for (Sequence next = 0; next < 60'000; next += 777) {
    unread += 777;
    static_cast<void>(window.on_segment(777, unread));
    const auto field = window.offer(next, unread, kScale);
    BOOST_TEST(next + (std::uint32_t{field} << kScale) >= edge);
    edge = window.right_edge();
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
