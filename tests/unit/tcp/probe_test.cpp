// The clocks of window probes and keep-alive probes, as Linux runs them.
#include "tests/unit/tcp/script.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_probes)
namespace {

constexpr double kAnswerMs = 40;

// When probes leave, in milliseconds; the peer answers each a round trip later, or not at all.
std::vector<double> probes(Script& tcp, double until_ms, bool answered) {
  std::vector<double> times;
  double answer_at = 0;
  for (double ms = 1; ms < until_ms; ++ms) {
    tcp.at(ms);
    if (tcp.sent().find("old") != std::string::npos) {
      times.push_back(ms);
      answer_at = ms + kAnswerMs;
    }
    if (answered && ms == answer_at) tcp.ack(0);
  }
  return times;
}

void check_near(double measured, double expected) {
  BOOST_TEST(measured >= expected);
  BOOST_TEST(measured <= expected * 1.125 + 9);  // the timer wheel's rounding
}

// RFC 9293 3.8.6.1. The first after an RTO (240 ms at an RTT of 40 ms); each answer starts the
// doubled wait anew, so that pauses are longer by a round trip than without.
BOOST_AUTO_TEST_CASE(a_closed_window_is_probed_with_doubling_pauses_after_each_answer) {
  for (const bool answered : {true, false}) {
    Script tcp;
    tcp.peer_window(0);
    tcp.ack(0);
    tcp.write(1000);
    const auto times = probes(tcp, 16'000, answered);
    BOOST_REQUIRE(times.size() >= 6);
    check_near(times[0], 240);
    double wait = 480;
    for (std::size_t i = 1; i < 6; ++i, wait *= 2) {
      check_near(times[i] - times[i - 1], wait + (answered ? kAnswerMs : 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_opened_window_is_used_at_once) {
  Script tcp;
  tcp.peer_window(0);
  tcp.ack(0);
  tcp.write(1000);
  tcp.at(500);
  tcp.sent();
  tcp.peer_window(65535);
  tcp.ack(0);
  BOOST_TEST(tcp.sent() == "500: 0(1000)");
}

BOOST_AUTO_TEST_CASE(a_silent_peer_is_asked_at_the_interval_and_reset_at_the_end) {
  Script tcp;
  tcp.sent();
  tcp.connection().keep_alive(net::KeepAlive{10s, 2s, 3}, tcp.now());
  const auto times = probes(tcp, 15'500, false);
  BOOST_REQUIRE_EQUAL(times.size(), 3);
  check_near(times[0], 10'000);
  check_near(times[1] - times[0], 2'000);
  check_near(times[2] - times[1], 2'000);
  tcp.at(19'000);
  BOOST_TEST(tcp.connection().error() == net::Error(net::asio::error::timed_out));
  BOOST_TEST(tcp.sent().find("rst") != std::string::npos);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
