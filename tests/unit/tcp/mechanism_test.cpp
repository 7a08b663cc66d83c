// Loss recovery as Linux has it, as exchanges of segments: RACK, TLP, PRR, F-RTO, undoing.
#include "sim/tcp/cubic.hpp"
#include "sim/tcp/hystart.hpp"
#include "sim/tcp/prr.hpp"
#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_mechanisms)
namespace {

constexpr auto kRtt = 40ms;
constexpr std::size_t kSegment = 1448;

std::uint32_t segment_of(const Segment& segment) {
  return (segment.sequence - 1001) / kSegment;
}

bool is_data(Side from, const Segment& segment) {
  return from == Side::client && segment.payload.size() > 0;
}

BOOST_AUTO_TEST_CASE(two_later_arrivals_within_a_quarter_of_the_rtt_are_no_loss) {
  Exchange exchange;
  exchange.establish();
  exchange.path = [](Side from, int, const Segment& segment) {
    const bool late = is_data(from, segment) && segment_of(segment) == 7;
    return Fate{.late = late ? Duration(8ms) : Duration{}};
  };
  Transfer transfer(exchange, Side::client, 10 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  exchange.run_for(1s);
  BOOST_TEST(exchange.client().info().retransmits == 0);
}

BOOST_AUTO_TEST_CASE(two_later_arrivals_are_a_loss_once_the_reordering_window_has_passed) {
  Exchange exchange;
  exchange.establish();
  const auto start = exchange.now();
  bool dropped = false;
  exchange.path = [&](Side from, int, const Segment& segment) {
    return Fate{.dropped = is_data(from, segment) && segment_of(segment) == 7 &&
                           !std::exchange(dropped, true)};
  };
  Transfer transfer(exchange, Side::client, 10 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  const auto again = exchange.data_sent_by(Side::client).back();
  BOOST_TEST(segment_of(again.segment) == 7);
  // An RTT, a quarter of it, and at least two ticks of the kernel's timer.
  BOOST_TEST(seconds(again.when - start) >= seconds(kRtt + kRtt / 4));
  BOOST_TEST(seconds(again.when - start) <= seconds(kRtt + kRtt / 4 + 16ms));
}

BOOST_AUTO_TEST_CASE(a_lost_repetition_is_repeated_without_a_time_out) {
  Exchange exchange;
  exchange.establish();
  const auto start = exchange.now();
  int copies = 0;
  exchange.path = [&](Side from, int, const Segment& segment) {
    return Fate{.dropped = is_data(from, segment) && segment_of(segment) == 12 && copies++ < 2};
  };
  Transfer transfer(exchange, Side::client, 200 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  std::vector<double> times;
  for (const auto& sent : exchange.data_sent_by(Side::client)) {
    if (segment_of(sent.segment) == 12) times.push_back(seconds(sent.when - start));
  }
  BOOST_REQUIRE_EQUAL(times.size(), 3);
  BOOST_TEST(times[2] - times[1] <= seconds(kRtt) * 1.3);
  BOOST_TEST(exchange.client().info().retransmits == 2);
}

BOOST_AUTO_TEST_CASE(a_lost_tail_is_probed_for_after_two_round_trips) {
  Exchange exchange;
  exchange.establish();
  const auto start = exchange.now();
  std::set<std::uint32_t> losses{8, 9};
  exchange.path = [&](Side from, int, const Segment& segment) {
    return Fate{.dropped = is_data(from, segment) && losses.erase(segment_of(segment)) > 0};
  };
  Transfer transfer(exchange, Side::client, 10 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  const auto sent = exchange.data_sent_by(Side::client);
  BOOST_REQUIRE_EQUAL(sent.size(), 12);
  BOOST_TEST(segment_of(sent[10].segment) == 9);  // the last one is the probe...
  BOOST_TEST(segment_of(sent[11].segment) == 8);  // ...whose arrival tells of the other
  BOOST_TEST(seconds(sent[10].when - start) >= seconds(3 * kRtt));
  BOOST_TEST(seconds(sent[10].when - start) <= seconds(3 * kRtt + 20ms));
}

BOOST_AUTO_TEST_CASE(a_needless_probe_does_not_reduce_the_window) {
  Exchange exchange;
  exchange.establish();
  // The acknowledgments come late, once.
  exchange.path = [&](Side from, int number, const Segment&) {
    return Fate{.late = from == Side::server && number > 0 && number < 12 ? Duration(150ms)
                                                                          : Duration{}};
  };
  Transfer transfer(exchange, Side::client, 10 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  exchange.run_for(2s);
  BOOST_TEST(exchange.client().info().retransmits == 1);
  BOOST_TEST(exchange.client().info().slow_start_threshold == 0);
}

// A delay that jumps makes the timer expire in vain: the acknowledgments that come after all take
// the reduction back, and nothing but the first segment is sent again.
BOOST_AUTO_TEST_CASE(a_needless_time_out_is_undone) {
  Exchange exchange;
  exchange.establish();
  Transfer transfer(exchange, Side::client, 400 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  exchange.run_for(4 * kRtt + kRtt / 2);
  const auto before = exchange.client().info();
  BOOST_TEST(before.congestion_window > 100);
  const auto jump = exchange.now();
  exchange.path = [&](Side from, int, const Segment&) {
    const bool slow = from == Side::server && exchange.now() < jump + 200ms;
    return Fate{.late = slow ? jump + 700ms - exchange.now() : Duration{}};
  };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  exchange.run_for(1s);
  const auto after = exchange.client().info();
  BOOST_TEST(after.retransmits <= 3);
  BOOST_TEST(after.congestion_window >= before.congestion_window);
}

BOOST_AUTO_TEST_CASE(duplicates_are_reported_and_undo_the_reduction) {
  Exchange exchange;
  exchange.establish();
  // Late beyond the reordering window: it is repeated in vain.
  exchange.path = [](Side from, int, const Segment& segment) {
    const bool late = is_data(from, segment) && segment_of(segment) == 12;
    return Fate{.late = late ? Duration(30ms) : Duration{}};
  };
  Transfer transfer(exchange, Side::client, 100 * kSegment);
  exchange.applications = [&] { transfer.work(); };
  BOOST_TEST(exchange.run_until([&] { return transfer.complete(); }));
  exchange.run_for(1s);
  BOOST_TEST(exchange.client().info().retransmits == 1);
  const auto acks = exchange.sent_by(Side::server);
  BOOST_TEST(std::any_of(acks.begin(), acks.end(), [](const Sent& sent) {
    return sent.segment.sack_count > 0 &&
           before(sent.segment.sack[0].begin, sent.segment.acknowledgment);
  }));
  BOOST_TEST(exchange.client().info().slow_start_threshold == 0);
}

BOOST_AUTO_TEST_CASE(prr_sends_one_segment_for_two_that_arrive_when_the_window_is_halved) {
  Prr prr;
  prr.begin(100);
  int in_flight = 99;
  int sent = 0;
  for (int arrived = 1; arrived <= 60; ++arrived) {
    --in_flight;
    const auto window = prr.window(1, false, false, 50, in_flight);
    for (; in_flight < window; ++in_flight, ++sent) prr.on_sent();
  }
  BOOST_TEST(sent >= 29);
  BOOST_TEST(sent <= 31);
}

BOOST_AUTO_TEST_CASE(prr_fills_up_to_the_threshold_after_heavy_losses) {
  Prr prr;
  prr.begin(100);
  // 80 of 100 are lost: 20 are in flight, and 50 may be.
  int in_flight = 20;
  for (int arrived = 1; arrived <= 40; ++arrived) {
    --in_flight;
    const auto window = prr.window(1, true, false, 50, in_flight);
    BOOST_REQUIRE(window <= 50);
    for (; in_flight < window; ++in_flight) prr.on_sent();
  }
  BOOST_TEST(in_flight == 50);
}

BOOST_AUTO_TEST_CASE(cubic_keeps_seven_tenths_and_returns_to_where_it_was) {
  Cubic cubic;
  CongestionWindow window;
  window.segments = 100;
  window.threshold = cubic.threshold_after_loss(window);
  BOOST_TEST(window.threshold == 70);
  window.segments = 70;
  // K = cube root of (100 - 70) / 0.4 = 4.2 s, at an RTT of 100 ms.
  auto now = TimePoint{10s};
  AckSample sample;
  sample.window_used = true;
  sample.delivered = 1;
  const auto run = [&](Duration time) {
    for (const auto end = now + time; now < end;) {
      for (int i = window.segments; i > 0; --i) {
        sample.now = now;
        cubic.on_ack(window, sample);
        now += 100ms / window.segments;
      }
    }
  };
  run(2s);
  BOOST_TEST(window.segments > 85);
  BOOST_TEST(window.segments < 100);
  run(2500ms);
  BOOST_TEST(std::abs(window.segments - 100) <= 2);
}

// Rounds of ACKs 0.6 ms apart at a minimum RTT of 50 ms.
BOOST_AUTO_TEST_CASE(hystart_leaves_slow_start_when_the_ack_train_lasts_half_of_the_rtt) {
  HyStart hystart;
  CongestionWindow window;
  window.segments = 64;
  AckSample sample;
  sample.now = TimePoint{1s};
  sample.rtt = 50ms;
  sample.nxt = 1'000'000;
  sample.una = 100;
  hystart.begin_round(sample);
  int acks = 0;
  while (!hystart.should_leave(window, sample, 50ms)) {
    ++acks;
    sample.now += 600us;
    BOOST_REQUIRE(acks < 100);
  }
  BOOST_TEST(acks == 42);  // 25 ms
}

BOOST_AUTO_TEST_CASE(hystart_leaves_slow_start_when_the_delay_of_eight_samples_grew) {
  HyStart hystart;
  CongestionWindow window;
  AckSample sample;
  sample.now = TimePoint{1s};
  sample.nxt = 1'000'000;
  hystart.begin_round(sample);
  const auto samples_until_leave = [&](Duration rtt, int window_segments) {
    window.segments = window_segments;
    hystart.begin_round(sample);
    sample.rtt = rtt;
    for (int i = 1; i <= 20; ++i) {
      sample.now += 3ms;  // no train
      if (hystart.should_leave(window, sample, 50ms)) return i;
    }
    return 0;
  };
  BOOST_TEST(samples_until_leave(56ms, 20) == 0);  // an eighth is 6.25 ms
  BOOST_TEST(samples_until_leave(57ms, 20) == 9);
  BOOST_TEST(samples_until_leave(57ms, 15) == 0);  // below 16 segments it says nothing
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
