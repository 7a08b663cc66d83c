// When a receiver acknowledges (RFC 1122 4.2.3.2, RFC 5681 4.2), as Linux has it.
#include "tests/unit/tcp/script.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_acknowledging)
namespace {

constexpr std::size_t kSegment = Script::kSegment;

// A receive buffer that does not grow: what lets the window grow is acknowledged at once.
Options fixed_buffer() {
  Options options;
  options.receive_buffer = options.receive_buffer_initial;
  return options;
}

// A peer that sends full segments, one each millisecond, to a program that reads at once.
struct Stream {
  Script tcp{fixed_buffer()};
  std::size_t next = 0;
  double ms = 0;

  // For each of them whether it was answered at once.
  std::string segments(int count) {
    std::string answers;
    for (int i = 0; i < count; ++i) {
      tcp.at(++ms);
      tcp.data(next, kSegment);
      next += kSegment;
      tcp.read();
      answers += tcp.sent().empty() ? '.' : 'A';
    }
    return answers;
  }
  // Milliseconds until something is sent, or `most`.
  double silence(double most) {
    const auto begin = ms;
    while (ms < begin + most) {
      tcp.at(++ms);
      if (!tcp.sent().empty()) break;
    }
    return ms - begin;
  }
};

// tcp_incr_quickack: half a window's worth of segments, at most 16.
BOOST_AUTO_TEST_CASE(the_first_sixteen_segments_are_acknowledged_one_by_one_then_every_second_one) {
  Stream peer;
  BOOST_TEST(peer.segments(16) == "AAAAAAAAAAAAAAAA");
  peer.segments(20);
  const auto later = peer.segments(20);
  BOOST_TEST((later == ".A.A.A.A.A.A.A.A.A.A" || later == "A.A.A.A.A.A.A.A.A.A."), later);
}

BOOST_AUTO_TEST_CASE(a_single_segment_is_acknowledged_after_40_ms) {
  Stream peer;
  auto last = peer.segments(40);
  while (last.back() == 'A') last = peer.segments(1);
  const auto waited = peer.silence(100);
  BOOST_TEST(waited >= 40);
  BOOST_TEST(waited <= 45);  // the kernel's clock ticks each 4 ms
}

BOOST_AUTO_TEST_CASE(after_a_pause_of_more_than_a_time_out_it_is_quick_again) {
  Stream peer;
  peer.segments(60);
  peer.silence(100);
  peer.ms += 400;
  BOOST_TEST(peer.segments(8) == "AAAAAAAA");
}

// pingpong: the answer is likely to follow, and takes the acknowledgment along.
BOOST_AUTO_TEST_CASE(who_answers_lets_the_answers_acknowledge) {
  Script tcp;
  tcp.data(0, 100, true);
  tcp.read();
  BOOST_TEST(tcp.sent() == "0: ack 100");  // the first is acknowledged at once
  tcp.write(200);
  BOOST_TEST(tcp.sent() == "0: 0(200)");
  for (int turn = 1; turn <= 3; ++turn) {
    const double ms = 100.0 * turn;
    const auto bytes = static_cast<std::size_t>(200 * turn);
    tcp.at(ms);
    tcp.ack_bytes(bytes);
    tcp.data(100 * static_cast<std::size_t>(turn), 100, true);
    tcp.read();
    tcp.at(ms + 20);
    BOOST_TEST(tcp.sent() == "");
    tcp.write(200);
    BOOST_TEST(!tcp.sent().empty());
    tcp.at(ms + 90);
    BOOST_TEST(tcp.sent() == "");
  }
}

// RFC 5681 4.2: at once, so that the sender learns of the hole, and of its end.
BOOST_AUTO_TEST_CASE(what_is_out_of_order_and_what_fills_a_hole_is_acknowledged_at_once) {
  Stream peer;
  auto last = peer.segments(40);
  while (last.back() == '.') last = peer.segments(1);
  auto& tcp = peer.tcp;
  tcp.data(peer.next + kSegment, kSegment);
  BOOST_TEST(tcp.sent().find("ack") != std::string::npos);
  tcp.data(peer.next, kSegment);
  BOOST_TEST(tcp.sent().find("ack") != std::string::npos);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
