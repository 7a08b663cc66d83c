// How connections end: FIN, RST, and the states between.
#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_close)
namespace {

const auto kReset = Error(net::asio::error::connection_reset);

Segment reset_segment(std::uint32_t sequence) {
  Segment segment;
  segment.rst = true;
  segment.sequence = sequence;
  return segment;
}

bool sent_reset(const Exchange& exchange, Side side) {
  const auto sent = exchange.sent_by(side);
  return std::any_of(sent.begin(), sent.end(), [](const Sent& one) { return one.segment.rst; });
}

BOOST_AUTO_TEST_CASE(half_close_reaches_the_other_side_and_data_still_comes_back) {
  for (const auto side : {Side::client, Side::server}) {
    Exchange exchange;
    exchange.establish();
    exchange.at(side).shutdown_write(exchange.now());
    exchange.run_for(200ms);
    BOOST_TEST((exchange.at(side).state() == State::fin_wait_2));
    BOOST_TEST((exchange.at(other(side)).state() == State::close_wait));
    BOOST_TEST(exchange.at(other(side)).at_end());
    BOOST_TEST(exchange.at(other(side)).readable());
    Transfer transfer(exchange, other(side), 300'000, true);
    exchange.applications = [&] { transfer.work(); };
    BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
    BOOST_TEST(transfer.intact());
    exchange.run_for(1s);
    BOOST_TEST((exchange.at(side).state() == State::time_wait));
    BOOST_TEST(exchange.at(other(side)).finished());
    BOOST_TEST(!exchange.at(other(side)).error());
  }
}

BOOST_AUTO_TEST_CASE(fin_follows_what_was_written) {
  Exchange exchange;
  exchange.establish();
  Transfer transfer(exchange, Side::client, 80'000, true);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  const auto last = exchange.data_sent_by(Side::client).back().segment;
  BOOST_TEST(last.fin);  // on the last data, not after it
  BOOST_TEST(exchange.client().write(pattern(0, 1), exchange.now()) == 0);
}

BOOST_AUTO_TEST_CASE(time_wait_lasts_a_minute) {
  Exchange exchange;
  exchange.establish();
  exchange.client().close(exchange.now());
  exchange.run_for(100ms);
  exchange.server().close(exchange.now());
  const auto start = exchange.now();
  exchange.run_for(100ms);
  BOOST_TEST(exchange.server().finished());
  BOOST_TEST((exchange.client().state() == State::time_wait));
  BOOST_TEST(exchange.run_until([&] { return exchange.client().finished(); }));
  BOOST_TEST(seconds(exchange.now() - start) == 60, boost::test_tools::tolerance(0.04));
}

BOOST_AUTO_TEST_CASE(a_repeated_fin_in_time_wait_is_acknowledged_again) {
  Exchange exchange;
  exchange.establish();
  exchange.client().close(exchange.now());
  exchange.run_for(100ms);
  int lost = 0;
  exchange.path = [&](Side from, int, const Segment&) {
    return Fate{.dropped = from == Side::client && lost++ == 0};
  };
  exchange.server().close(exchange.now());
  exchange.run_for(10s);
  BOOST_TEST(exchange.server().finished());
  BOOST_TEST(!exchange.server().error());
}

BOOST_AUTO_TEST_CASE(simultaneous_close_leaves_both_in_time_wait) {
  Exchange exchange;
  exchange.establish();
  exchange.client().close(exchange.now());
  exchange.server().close(exchange.now());
  exchange.run_for(25ms);
  BOOST_TEST((exchange.client().state() == State::closing));
  BOOST_TEST((exchange.server().state() == State::closing));
  exchange.run_for(25ms);
  BOOST_TEST((exchange.client().state() == State::time_wait));
  BOOST_TEST((exchange.server().state() == State::time_wait));
}

BOOST_AUTO_TEST_CASE(an_abandoned_half_closed_connection_is_forgotten_after_a_minute) {
  Exchange exchange;
  exchange.establish();
  exchange.client().close(exchange.now());
  exchange.run_for(50s);
  BOOST_TEST((exchange.client().state() == State::fin_wait_2));
  exchange.run_for(15s);
  BOOST_TEST(exchange.client().finished());
}

BOOST_AUTO_TEST_CASE(abort_resets_the_peer_and_drops_what_was_unsent) {
  Exchange exchange;
  exchange.establish();
  exchange.client().write(pattern(0, 30'000), exchange.now());
  exchange.settle();
  exchange.client().abort(exchange.now());
  exchange.settle();
  BOOST_TEST(exchange.client().finished());
  exchange.run_for(100ms);
  BOOST_TEST(exchange.server().error() == kReset);
  BOOST_TEST(exchange.server().finished());
  // What arrived before the reset can still be read.
  std::vector<std::byte> buffer(100'000);
  BOOST_TEST(exchange.server().read(buffer, exchange.now()) == 10 * 1448);
}

BOOST_AUTO_TEST_CASE(closing_with_unread_data_resets) {
  Exchange exchange;
  exchange.establish();
  exchange.client().write(pattern(0, 100), exchange.now());
  exchange.run_for(100ms);
  exchange.server().close(exchange.now());
  exchange.run_for(100ms);
  BOOST_TEST(sent_reset(exchange, Side::server));
  BOOST_TEST(exchange.server().finished());
  BOOST_TEST(exchange.client().error() == kReset);
}

BOOST_AUTO_TEST_CASE(data_after_close_is_answered_with_reset) {
  Exchange exchange;
  exchange.establish();
  exchange.server().close(exchange.now());
  exchange.run_for(100ms);
  BOOST_TEST(!exchange.client().error());
  exchange.client().write(pattern(0, 100), exchange.now());
  exchange.run_for(100ms);
  BOOST_TEST(exchange.server().finished());
  // RST in CLOSE_WAIT: the writer is told of a broken pipe.
  BOOST_TEST(exchange.client().error() == net::asio::error::broken_pipe);
}

BOOST_AUTO_TEST_CASE(closing_without_unread_data_delivers_what_was_written) {
  Exchange exchange;
  exchange.establish();
  exchange.client().write(pattern(0, 30'000), exchange.now());
  exchange.client().close(exchange.now());
  std::size_t read = 0;
  exchange.applications = [&] {
    read += exchange.server().read_slice(SIZE_MAX, exchange.now()).size();
  };
  exchange.run_for(1s);
  BOOST_TEST(read == 30'000);
  BOOST_TEST(exchange.server().at_end());
  BOOST_TEST(!exchange.server().error());
}

BOOST_AUTO_TEST_CASE(a_reset_counts_at_the_exact_sequence_number_only) {
  Exchange exchange({}, {}, 1000, 5000);
  exchange.establish();
  const auto before = exchange.sent().size();
  exchange.inject(Side::client, reset_segment(5001 + 100));  // in the window: challenged
  BOOST_TEST((exchange.client().state() == State::established));
  BOOST_REQUIRE_EQUAL(exchange.sent().size(), before + 1);
  BOOST_TEST(exchange.sent().back().segment.acknowledgment == 5001);
  exchange.inject(Side::client, reset_segment(5001 - 100'000'000));  // outside: ignored
  BOOST_TEST((exchange.client().state() == State::established));
  BOOST_TEST(exchange.sent().size() == before + 1);
  exchange.inject(Side::client, reset_segment(5001));
  BOOST_TEST(exchange.client().error() == kReset);
}

BOOST_AUTO_TEST_CASE(a_syn_in_an_established_connection_is_challenged) {
  Exchange exchange;
  exchange.establish();
  Segment syn;
  syn.syn = true;
  syn.sequence = 5001 + 10;
  exchange.inject(Side::client, syn);
  BOOST_TEST((exchange.client().state() == State::established));
  BOOST_TEST((exchange.sent().back().from == Side::client));
  BOOST_TEST(exchange.sent().back().segment.ack);
  const auto count = exchange.sent().size();
  exchange.inject(Side::client, syn);  // at most one challenge in half a second
  BOOST_TEST(exchange.sent().size() == count);
}

BOOST_AUTO_TEST_CASE(closing_while_connecting_ends_it_silently) {
  Exchange exchange;
  exchange.listening = false;
  exchange.connect();
  exchange.client().close(exchange.now());
  exchange.settle();
  BOOST_TEST(exchange.client().finished());
  BOOST_TEST(exchange.sent().size() == 1);
}

BOOST_AUTO_TEST_CASE(a_lost_fin_is_repeated) {
  Exchange exchange;
  exchange.establish();
  int fins = 0;
  exchange.path = [&](Side, int, const Segment& segment) {
    return Fate{.dropped = segment.fin && fins++ == 0};
  };
  exchange.client().shutdown_write(exchange.now());
  exchange.run_for(2s);
  BOOST_TEST(fins == 2);
  BOOST_TEST(exchange.server().at_end());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
