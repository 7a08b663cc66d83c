// What arrives and how it is answered: SACK blocks, duplicates, old timestamps, resets, TIME_WAIT.
#include "tests/unit/tcp/script.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_arrival)
namespace {

constexpr std::size_t kSegment = Script::kSegment;
constexpr std::uint32_t kTheirs = 5001;

Segment bare(std::uint32_t offset) {
  Segment segment;
  segment.sequence = kTheirs + offset;
  return segment;
}

// RFC 2018 4: the block that has changed is the first, then those that were reported before.
BOOST_AUTO_TEST_CASE(the_newest_block_is_reported_first) {
  Script tcp;
  tcp.sent();
  tcp.data(kSegment, kSegment);
  BOOST_TEST(tcp.sent() == "0: ack 0 1448-2896");
  tcp.data(3 * kSegment, kSegment);
  BOOST_TEST(tcp.sent() == "0: ack 0 4344-5792 1448-2896");
  tcp.data(5 * kSegment, kSegment);
  BOOST_TEST(tcp.sent() == "0: ack 0 7240-8688 4344-5792 1448-2896");
  tcp.data(2 * kSegment, kSegment);
  BOOST_TEST(tcp.sent() == "0: ack 0 1448-5792 7240-8688");
  tcp.data(0, kSegment);
  BOOST_TEST(tcp.sent() == "0: ack 5792 7240-8688");
}

// RFC 2883: the duplicate comes before the others, once.
BOOST_AUTO_TEST_CASE(a_duplicate_is_reported_once_and_first) {
  Script tcp;
  tcp.data(0, kSegment);
  tcp.data(2 * kSegment, kSegment);
  tcp.sent();
  tcp.data(0, kSegment);
  BOOST_TEST(tcp.sent() == "0: ack 1448 0-1448 2896-4344");
  tcp.data(4 * kSegment, kSegment);
  BOOST_TEST(tcp.sent() == "0: ack 1448 5792-7240 2896-4344");
}

BOOST_AUTO_TEST_CASE(data_with_an_old_timestamp_is_not_taken) {
  Script tcp;
  tcp.at(100);
  tcp.data(0, 100);
  tcp.sent();
  auto old = bare(100);
  const std::string bytes(100, 'z');
  old.payload.slices[0] = Slice::copy_of(std::as_bytes(std::span(bytes)));
  old.timestamps = Timestamps{5, 0};
  tcp.receive(old);
  BOOST_TEST(tcp.connection().info().bytes_received == 100);
  old.timestamps.reset();
  tcp.receive(old);
  BOOST_TEST(tcp.connection().info().bytes_received == 200);
}

// RFC 5961 3.2: a challenge for one that is only near.
BOOST_AUTO_TEST_CASE(a_reset_counts_where_it_is_expected_or_at_the_highest_block) {
  for (const bool at_block : {false, true}) {
    Script tcp;
    tcp.data(kSegment, kSegment);
    tcp.sent();
    auto reset = bare(100);
    reset.rst = true;
    tcp.receive(reset);
    BOOST_TEST(tcp.sent() == "0: ack 0 1448-2896");
    BOOST_TEST(!tcp.connection().error());
    reset.sequence = kTheirs + (at_block ? 2 * kSegment : 0);
    tcp.receive(reset);
    BOOST_TEST(tcp.connection().error() == net::Error(net::asio::error::connection_reset));
  }
}

struct Waiting {
  Script tcp;
  Waiting() {
    tcp.connection().shutdown_write(tcp.now());
    tcp.write(0);
    tcp.at(40);
    tcp.ack_bytes(1);
    auto end = bare(0);
    end.fin = true;
    tcp.receive(end);
    tcp.sent();
  }
};

BOOST_AUTO_TEST_CASE(a_new_connection_takes_the_place_of_one_in_time_wait) {
  Waiting waiting;
  auto& connection = waiting.tcp.connection();
  BOOST_REQUIRE((connection.state() == State::time_wait));
  auto syn = bare(0);
  syn.syn = true;
  syn.timestamps = Timestamps{100'000, 0};
  BOOST_TEST(connection.yields_to(syn, waiting.tcp.now()));  // newer by its time
  syn.timestamps.reset();
  BOOST_TEST(!connection.yields_to(syn, waiting.tcp.now()));  // may be the old one
  syn.sequence = kTheirs + 100;
  BOOST_TEST(connection.yields_to(syn, waiting.tcp.now()));  // newer by its number
  syn.timestamps = Timestamps{1, 0};
  BOOST_TEST(!connection.yields_to(syn, waiting.tcp.now()));  // from before
}

// RFC 1337 warns of it; Linux does it unless tcp_rfc1337 is set.
BOOST_AUTO_TEST_CASE(a_reset_ends_time_wait) {
  Waiting waiting;
  auto reset = bare(1);
  reset.rst = true;
  waiting.tcp.receive(reset);
  BOOST_TEST(waiting.tcp.connection().finished());
}

BOOST_AUTO_TEST_CASE(what_arrives_in_time_wait_starts_the_minute_anew) {
  Waiting waiting;
  waiting.tcp.at(50'000);
  waiting.tcp.receive(bare(1));
  waiting.tcp.at(100'000);
  BOOST_TEST((waiting.tcp.connection().state() == State::time_wait));
  waiting.tcp.at(115'000);
  BOOST_TEST(waiting.tcp.connection().finished());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
