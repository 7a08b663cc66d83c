// TCP_USER_TIMEOUT: how Linux ends connections whose peer does not answer (RFC 5482).
#include "tests/unit/tcp/script.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_user_timeout)
namespace {

const auto kTimedOut = net::Error(net::asio::error::timed_out);

double ended_after(Script& tcp, double from, double most) {
  for (auto ms = from; ms < most; ms += 1) {
    tcp.at(ms);
    if (tcp.connection().error()) return ms - from;
  }
  return most;
}

// Counted from the first repetition: that is 0.25 s (probe) and 0.25 s (RTO) after the segment.
BOOST_AUTO_TEST_CASE(unacknowledged_data_ends_the_connection) {
  Script tcp;
  tcp.connection().user_timeout(3s);
  tcp.write(100);
  const auto taken = ended_after(tcp, 0, 60'000);
  BOOST_TEST(tcp.connection().error() == kTimedOut);
  BOOST_TEST_MESSAGE(tcp.sent());
  BOOST_TEST(taken >= 3'400);
  BOOST_TEST(taken <= 3'700);
}

BOOST_AUTO_TEST_CASE(an_acknowledgment_starts_the_wait_anew) {
  Script tcp;
  tcp.connection().user_timeout(3s);
  tcp.write(100);
  tcp.at(2500);
  tcp.ack_bytes(100);
  tcp.at(20'000);
  BOOST_TEST(!tcp.connection().error());
  tcp.write(100);
  BOOST_TEST(ended_after(tcp, 20'000, 80'000) >= 3'000);
  BOOST_TEST(tcp.connection().error() == kTimedOut);
}

// A peer that answers every probe, and does not take anything, is given up all the same.
BOOST_AUTO_TEST_CASE(a_window_that_stays_closed_ends_the_connection) {
  Script tcp;
  tcp.connection().user_timeout(5s);
  tcp.peer_window(0);
  tcp.ack(0);
  tcp.write(100);
  for (double ms = 1; ms < 60'000 && !tcp.connection().error(); ++ms) {
    tcp.at(ms);
    if (tcp.sent().find("old") != std::string::npos) tcp.ack(0);
    if (tcp.connection().error()) {
      BOOST_TEST(ms >= 5'000);
      BOOST_TEST(ms <= 5'700);
    }
  }
  BOOST_TEST(tcp.connection().error() == kTimedOut);
}

BOOST_AUTO_TEST_CASE(a_silent_peer_is_given_up_at_the_first_question_after_it) {
  Script tcp;
  tcp.connection().user_timeout(3s);
  tcp.connection().keep_alive(net::KeepAlive{1s, 1s, 9}, tcp.now());
  const auto taken = ended_after(tcp, 0, 60'000);
  BOOST_TEST(tcp.connection().error() == kTimedOut);
  BOOST_TEST(taken >= 3'000);
  BOOST_TEST(taken <= 3'300);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
