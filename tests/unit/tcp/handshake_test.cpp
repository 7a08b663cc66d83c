#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_handshake)
namespace {

constexpr std::uint32_t kClientSequence = 1000;
constexpr std::uint32_t kServerSequence = 5000;
constexpr auto kOneWay = 20ms;

BOOST_AUTO_TEST_CASE(three_segments_establish_both_sides) {
  Exchange exchange({}, {}, kClientSequence, kServerSequence);
  exchange.establish();

  BOOST_REQUIRE_EQUAL(exchange.sent().size(), 3);
  const auto& syn = exchange.sent()[0].segment;
  BOOST_TEST((syn.syn && !syn.ack && !syn.fin && !syn.rst && !syn.psh));
  BOOST_TEST(syn.sequence == kClientSequence);
  BOOST_TEST(syn.source_port == 40000);
  BOOST_TEST(syn.destination_port == 80);
  BOOST_TEST(syn.mss.value() == 1460);
  BOOST_TEST(syn.window_scale.value() == 10);
  BOOST_TEST(syn.sack_permitted);
  BOOST_TEST(syn.timestamps.has_value());
  BOOST_TEST(syn.timestamps->echo == 0);
  BOOST_TEST(syn.window == 64240);
  BOOST_TEST(syn.header_size() == 40);

  const auto& answer = exchange.sent()[1].segment;
  BOOST_TEST((answer.syn && answer.ack));
  BOOST_TEST(answer.sequence == kServerSequence);
  BOOST_TEST(answer.acknowledgment == kClientSequence + 1);
  BOOST_TEST(answer.timestamps->echo == syn.timestamps->value);
  BOOST_TEST(answer.header_size() == 40);

  const auto& ack = exchange.sent()[2].segment;
  BOOST_TEST((!ack.syn && ack.ack));
  BOOST_TEST(ack.sequence == kClientSequence + 1);
  BOOST_TEST(ack.acknowledgment == kServerSequence + 1);
  BOOST_TEST(ack.timestamps->echo == answer.timestamps->value);
  BOOST_TEST(!ack.mss.has_value());
  BOOST_TEST(ack.header_size() == 32);
  BOOST_TEST(ack.size() == 32);

  BOOST_TEST((exchange.client().state() == State::established));
  BOOST_TEST((exchange.server().state() == State::established));
  BOOST_TEST(seconds(exchange.now()) == seconds(3 * kOneWay), boost::test_tools::tolerance(1e-9));
  BOOST_TEST(seconds(exchange.client().info().smoothed_rtt) == seconds(2 * kOneWay),
             boost::test_tools::tolerance(1e-9));
  BOOST_TEST(seconds(exchange.server().info().smoothed_rtt) == seconds(2 * kOneWay),
             boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(options_that_one_side_lacks_are_not_used) {
  Options plain;
  plain.timestamps = plain.window_scaling = plain.sack = false;
  plain.mss = 1000;
  Exchange exchange({}, plain);
  exchange.establish();
  const auto& answer = exchange.sent()[1].segment;
  BOOST_TEST(!answer.timestamps.has_value());
  BOOST_TEST(!answer.window_scale.has_value());
  BOOST_TEST(!answer.sack_permitted);
  BOOST_TEST(answer.header_size() == 24);
  BOOST_TEST(exchange.sent()[2].segment.header_size() == 20);

  Transfer transfer(exchange, Side::client, 10000);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  BOOST_TEST(exchange.data_sent_by(Side::client)[0].segment.size() == 1000 + 20);
  BOOST_TEST(transfer.intact());
}

BOOST_AUTO_TEST_CASE(a_lost_syn_and_a_lost_syn_ack_are_repeated) {
  Exchange exchange;
  exchange.path = [](Side, int number, const Segment& segment) {
    return Fate{.dropped = segment.syn && number == 0};
  };
  exchange.establish();
  BOOST_TEST((exchange.client().state() == State::established));
  BOOST_TEST((exchange.server().state() == State::established));
  // The second SYN meets the answer's loss; whichever timer is first repeats.
  BOOST_TEST(seconds(exchange.now()) > 2.0);
  BOOST_TEST(seconds(exchange.now()) < 2.2);
}

BOOST_AUTO_TEST_CASE(simultaneous_open_establishes_both_sides) {
  Exchange exchange;
  exchange.connect_both();
  BOOST_TEST(exchange.run_until(
      [&] { return exchange.client().established() && exchange.server().established(); }));
  BOOST_TEST(seconds(exchange.now()) == seconds(2 * kOneWay), boost::test_tools::tolerance(1e-9));
  Transfer transfer(exchange, Side::server, 100000, true);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  BOOST_TEST(transfer.intact());
}

BOOST_AUTO_TEST_CASE(a_port_without_a_listener_refuses_after_one_round_trip) {
  Exchange exchange;
  exchange.listening = false;
  exchange.connect();
  BOOST_TEST(exchange.run_until([&] { return exchange.client().finished(); }));
  BOOST_TEST(exchange.client().error() == net::asio::error::connection_refused);
  BOOST_TEST(seconds(exchange.now()) == seconds(2 * kOneWay), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(unreachable_while_connecting_is_fatal_and_later_is_not) {
  Exchange connecting;
  connecting.connect();
  connecting.client().unreachable(net::asio::error::host_unreachable, kClientSequence, true,
                                  connecting.now());
  BOOST_TEST(connecting.client().error() == net::asio::error::host_unreachable);
  BOOST_TEST(connecting.client().finished());

  Exchange later;
  later.establish();
  later.client().unreachable(net::asio::error::host_unreachable, kClientSequence + 1, true,
                             later.now());
  BOOST_TEST(!later.client().error());
  BOOST_TEST((later.client().state() == State::established));
}

// RFC 5927 4.1: somebody who guesses ports does not know what is in flight.
BOOST_AUTO_TEST_CASE(word_of_a_segment_that_is_not_in_flight_is_ignored) {
  Exchange exchange;
  exchange.connect();
  for (const auto wrong : {kClientSequence - 1, kClientSequence + 2}) {
    exchange.client().unreachable(net::asio::error::host_unreachable, wrong, true, exchange.now());
    BOOST_TEST(!exchange.client().error());
  }
  exchange.client().unreachable(net::asio::error::host_unreachable, kClientSequence, true,
                                exchange.now());
  BOOST_TEST(exchange.client().error() == net::asio::error::host_unreachable);
}

BOOST_AUTO_TEST_CASE(a_wrong_acknowledgment_in_syn_sent_is_reset) {
  Exchange exchange;
  exchange.connect();
  Segment wrong;
  wrong.syn = wrong.ack = true;
  wrong.acknowledgment = kClientSequence + 77;
  exchange.inject(Side::client, wrong);
  const auto& reset = exchange.sent().back().segment;
  BOOST_TEST(reset.rst);
  BOOST_TEST(reset.sequence == kClientSequence + 77);
  BOOST_TEST((exchange.client().state() == State::syn_sent));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
