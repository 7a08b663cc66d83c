// When TCP repeats itself, and when it gives up.
#include "sim/tcp/timer_wheel.hpp"
#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_clocks)
namespace {

// Measured on Linux 6.18, in seconds after the first SYN.
constexpr std::array kLinuxSynRetries{1.03, 2.05, 3.08, 4.10, 5.12, 7.14, 11.4, 19.6, 35.7, 68.0};
constexpr double kLinuxSynError = 135;
constexpr double kClockTolerance = 0.02;
constexpr double kWheelTolerance = 0.04;  // timer-wheel rounding adds 1 to 4 %

const auto kBlackhole = [](Side, int, const Segment&) { return Fate{.dropped = true}; };

BOOST_AUTO_TEST_CASE(timers_expire_as_the_kernels_wheel_lets_them) {
  for (const auto delay : {1ms, 40ms, 200ms, 1000ms, 4000ms, 60000ms}) {
    for (auto now = TimePoint{}; now < TimePoint{3s}; now += 37ms) {
      const auto late = timer_expiry(now, delay) - now - delay;
      BOOST_REQUIRE(late >= 0ms);
      BOOST_REQUIRE(late <= std::max<Duration>(8ms, delay / 6));
    }
  }
}

BOOST_AUTO_TEST_CASE(syn_retries_follow_linux) {
  Exchange exchange;
  exchange.path = kBlackhole;
  exchange.connect();
  BOOST_TEST(exchange.run_until([&] { return exchange.client().finished(); }));
  BOOST_REQUIRE_EQUAL(exchange.sent().size(), 1 + kLinuxSynRetries.size());
  for (std::size_t i = 0; i < kLinuxSynRetries.size(); ++i) {
    BOOST_TEST(seconds(exchange.sent()[i + 1].when) == kLinuxSynRetries[i],
               boost::test_tools::tolerance(kClockTolerance));
  }
  BOOST_TEST(exchange.client().error() == net::asio::error::timed_out);
  BOOST_TEST(seconds(exchange.now()) == kLinuxSynError,
             boost::test_tools::tolerance(kClockTolerance));
}

BOOST_AUTO_TEST_CASE(syn_ack_is_repeated_five_times) {
  Exchange exchange;
  exchange.path = [](Side from, int number, const Segment&) {
    return Fate{.dropped = from == Side::server || number > 0};
  };
  exchange.connect();
  BOOST_TEST(
      exchange.run_until([&] { return exchange.has_server() && exchange.server().finished(); }));
  const auto answers = exchange.sent_by(Side::server);
  BOOST_REQUIRE_EQUAL(answers.size(), 6);
  for (std::size_t i = 1; i < answers.size(); ++i) {  // 1, 3, 7, 15, 31 s
    BOOST_TEST(seconds(answers[i].when) == static_cast<double>((1 << i) - 1) + 0.02,
               boost::test_tools::tolerance(kWheelTolerance));
  }
  BOOST_TEST(seconds(exchange.now()) == 63.0, boost::test_tools::tolerance(kWheelTolerance));
}

BOOST_AUTO_TEST_CASE(an_unanswered_segment_is_repeated_with_doubling_pauses_until_patience_ends) {
  Exchange exchange;
  exchange.establish();
  exchange.run_for(1s);
  exchange.path = kBlackhole;
  const auto start = exchange.now();
  const auto byte = pattern(0, 1);
  exchange.client().write(byte, start);
  BOOST_TEST(exchange.run_until([&] { return exchange.client().finished(); }));
  const auto sent = exchange.data_sent_by(Side::client);
  // RTO = SRTT + 200 ms at an RTT of 40 ms; after the probe the pauses double up to 120 s.
  auto pause = 0.240;
  auto expected = 0.0;
  for (std::size_t i = 1; i < sent.size(); ++i) {
    expected += pause;
    if (i > 1) pause = std::min(2 * pause, 120.0);
    BOOST_TEST(seconds(sent[i].when - start) == expected,
               boost::test_tools::tolerance(kWheelTolerance));
    BOOST_TEST(sent[i].segment.sequence == sent[0].segment.sequence);
  }
  BOOST_TEST(exchange.client().error() == net::asio::error::timed_out);
  BOOST_TEST(seconds(exchange.now() - start) > 924);
  BOOST_TEST(seconds(exchange.now() - start) < 1045);
}

BOOST_AUTO_TEST_CASE(what_the_network_said_replaces_the_time_out) {
  Exchange exchange;
  exchange.establish();
  exchange.path = kBlackhole;
  exchange.client().write(pattern(0, 1), exchange.now());
  exchange.client().unreachable(net::asio::error::host_unreachable, 1001, true, exchange.now());
  BOOST_TEST(exchange.run_until([&] { return exchange.client().finished(); }));
  BOOST_TEST(exchange.client().error() == net::asio::error::host_unreachable);
}

// RFC 6069: who hears that the path is broken does not take the losses for congestion.
BOOST_AUTO_TEST_CASE(a_router_that_answers_each_repetition_keeps_the_pauses_short) {
  for (const bool for_now : {true, false}) {
    Exchange exchange;
    exchange.establish();
    exchange.run_for(1s);
    exchange.path = kBlackhole;
    const auto start = exchange.now();
    exchange.client().write(pattern(0, 1), start);
    std::size_t answered = 0;
    while (exchange.now() < start + 5s) {
      exchange.run_for(40ms);
      const auto sent = exchange.data_sent_by(Side::client).size();
      if (std::exchange(answered, sent) == sent) continue;
      exchange.client().unreachable(net::asio::error::host_unreachable, 1001, for_now,
                                    exchange.now());
      exchange.settle();
    }
    // RTO = 240 ms; doubling, there are seven.
    BOOST_TEST(answered >= (for_now ? 18u : 6u));
    BOOST_TEST(answered <= (for_now ? 21u : 7u));
  }
}

BOOST_AUTO_TEST_CASE(progress_ends_the_back_off) {
  Exchange exchange;
  exchange.establish();
  const auto heals = exchange.now() + 3s;
  exchange.path = [&](Side, int, const Segment&) {
    return Fate{.dropped = exchange.now() < heals};
  };
  exchange.client().write(pattern(0, 1), exchange.now());
  exchange.run_for(10s);
  exchange.path = kBlackhole;
  const auto start = exchange.now();
  exchange.client().write(pattern(1, 1), start);
  exchange.run_for(300ms);
  const auto sent = exchange.data_sent_by(Side::client);
  BOOST_TEST(seconds(sent.back().when - start) == 0.24,
             boost::test_tools::tolerance(kWheelTolerance));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
