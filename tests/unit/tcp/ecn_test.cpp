// Explicit congestion notification (RFC 3168) between two connections.
#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_ecn)
namespace {

Options with(EcnPolicy policy) {
  Options options;
  options.ecn = policy;
  return options;
}

bool any_capable(const Exchange& exchange) {
  const auto& all = exchange.sent();
  return std::any_of(all.begin(), all.end(),
                     [](const Sent& sent) { return sent.segment.mark == EcnMark::capable; });
}

BOOST_AUTO_TEST_CASE(it_is_used_where_one_asks_and_the_other_does_not_refuse) {
  for (const auto client : {EcnPolicy::off, EcnPolicy::passive, EcnPolicy::on}) {
    for (const auto server : {EcnPolicy::off, EcnPolicy::passive, EcnPolicy::on}) {
      Exchange exchange(with(client), with(server));
      exchange.establish();
      exchange.client().write(pattern(0, 5000), exchange.now());
      exchange.run_for(1s);
      BOOST_TEST(any_capable(exchange) == (client == EcnPolicy::on && server != EcnPolicy::off));
    }
  }
}

BOOST_AUTO_TEST_CASE(only_data_that_is_sent_for_the_first_time_may_be_marked) {
  Exchange exchange(with(EcnPolicy::on));
  exchange.establish();
  bool dropped = false;
  exchange.path = [&](Side from, int, const Segment& segment) {
    return Fate{.dropped = from == Side::client && segment.payload.size() > 0 &&
                           !std::exchange(dropped, true)};
  };
  exchange.client().write(pattern(0, 30'000), exchange.now());
  exchange.run_for(2s);
  std::uint32_t high = 0;
  for (const auto& sent : exchange.sent()) {
    const auto& segment = sent.segment;
    const bool fresh = sent.from == Side::client && segment.payload.size() > 0 &&
                       (high == 0 || static_cast<std::int32_t>(segment.sequence - high) > 0);
    if (fresh) high = segment.sequence;
    BOOST_TEST((segment.mark == EcnMark::capable) == fresh);
  }
}

BOOST_AUTO_TEST_CASE(a_second_syn_does_not_ask) {
  Exchange exchange(with(EcnPolicy::on));
  exchange.path = [](Side from, int number, const Segment&) {
    return Fate{.dropped = from == Side::client && number == 0};
  };
  exchange.establish();
  BOOST_TEST((exchange.sent()[0].segment.ece && exchange.sent()[0].segment.cwr));
  BOOST_TEST((!exchange.sent()[1].segment.ece && !exchange.sent()[1].segment.cwr));
  exchange.client().write(pattern(0, 5000), exchange.now());
  exchange.run_for(1s);
  BOOST_TEST(!any_capable(exchange));
}

// The receiver says it with every acknowledgment until it hears that the window has been reduced:
// once for all that was marked in one round trip.
BOOST_AUTO_TEST_CASE(a_mark_reduces_the_window_once_and_costs_no_segment) {
  Exchange exchange(with(EcnPolicy::on));
  exchange.establish();
  Transfer transfer(exchange, Side::client, 400'000);
  exchange.applications = [&] { transfer.work(); };
  int marked = 0;
  exchange.path = [&](Side from, int number, const Segment&) {
    const bool mark = from == Side::client && number >= 40 && number < 44;
    marked += mark;
    return Fate{.marked = mark};
  };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  BOOST_TEST(marked == 4);
  BOOST_TEST(exchange.client().info().retransmits == 0);
  BOOST_TEST(exchange.client().info().slow_start_threshold > 0);
  int told = 0;
  int echoes = 0;
  std::size_t answered = 0;
  for (const auto& sent : exchange.sent()) {
    if (sent.segment.syn) continue;
    if (sent.from == Side::client && sent.segment.cwr) ++told;
    if (sent.from == Side::server && sent.segment.ece) ++echoes;
    if (sent.from == Side::server && told == 0 && echoes > 0 && !sent.segment.ece) ++answered;
  }
  BOOST_TEST(told == 1);
  BOOST_TEST(echoes > 4);
  BOOST_TEST(answered == 0);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
