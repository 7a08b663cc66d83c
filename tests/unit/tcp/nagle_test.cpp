// Nagle's rule (RFC 896), with Minshall's: a short segment waits for an earlier short one only.
#include "tests/unit/tcp/script.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_nagle)
namespace {

BOOST_AUTO_TEST_CASE(a_short_segment_waits_for_the_acknowledgment_of_another) {
  Script tcp;
  tcp.sent();
  tcp.write(100);
  BOOST_TEST(tcp.sent() == "0: 0(100)");
  tcp.at(5);
  tcp.write(200);
  tcp.write(300);
  BOOST_TEST(tcp.sent() == "");
  tcp.at(40);
  tcp.ack_bytes(100);
  BOOST_TEST(tcp.sent() == "40: 0+100(500)");
}

BOOST_AUTO_TEST_CASE(a_short_segment_does_not_wait_for_full_ones) {
  Script tcp;
  tcp.sent();
  tcp.write(3 * Script::kSegment + 100);
  BOOST_TEST(tcp.sent() == "0: 0 1 2 3(100)");
}

BOOST_AUTO_TEST_CASE(what_fills_up_to_a_full_segment_goes_at_once) {
  Script tcp;
  tcp.sent();
  tcp.write(100);
  tcp.write(1400);
  BOOST_TEST(tcp.sent() == "0: 0(100)");
  tcp.write(48);
  BOOST_TEST(tcp.sent() == "0: 0+100");
}

BOOST_AUTO_TEST_CASE(the_end_of_the_stream_takes_what_waits_along) {
  Script tcp;
  tcp.sent();
  tcp.write(100);
  tcp.write(100);
  tcp.connection().shutdown_write(tcp.now());
  tcp.write(0);
  BOOST_TEST(tcp.sent() == "0: 0(100) 0+100(100)+fin");
}

BOOST_AUTO_TEST_CASE(without_delay_every_write_is_a_segment) {
  Script tcp;
  tcp.sent();
  tcp.connection().no_delay(true);
  tcp.write(100);
  tcp.write(200);
  BOOST_TEST(tcp.sent() == "0: 0(100) 0+100(200)");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
