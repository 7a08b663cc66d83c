// BBR's parts, each with what it is for.
#include "sim/tcp/bbr.hpp"

#include "sim/tcp/pacer.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp {
BOOST_AUTO_TEST_SUITE(tcp_bbr)
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration since) {
  return TimePoint(since);
}

// A path of one rate and RTT, acknowledged a segment at a time.
struct Path {
  explicit Path(double segments_per_ms)
      : spacing(static_cast<std::int64_t>(1e6 / segments_per_ms)) {}

  // The acknowledgment of one more segment, of which `lost` were found missing.
  PathModel next(int in_flight, int lost = 0) {
    now += spacing;
    PathModel model;
    model.now = model.delivered_at = now;
    model.delivered = ++delivered;
    model.in_flight = in_flight;
    model.lost = model.rate.lost = lost;
    model.lost_total = lost_total += static_cast<std::uint32_t>(lost);
    model.smoothed_rtt = model.minimum_rtt = rtt;
    model.rate.rtt = rtt;
    model.rate.acked = 1;
    model.rate.prior_in_flight = in_flight;
    const auto round = static_cast<std::uint32_t>(rtt / spacing);
    model.rate.prior_delivered = delivered > round ? delivered - round : 0;
    model.rate.delivered = static_cast<int>(delivered - model.rate.prior_delivered);
    model.rate.interval = spacing * model.rate.delivered;
    return model;
  }

  Duration spacing;
  Duration rtt = 50ms;
  TimePoint now = at(1s);
  std::uint32_t delivered = 0;
  std::uint32_t lost_total = 0;
};

BOOST_AUTO_TEST_CASE(the_largest_of_a_window_is_kept_and_grows_old) {
  WindowedMax most;
  most.add(50, 1, 10);
  most.add(80, 2, 10);
  for (std::uint32_t time = 3; time <= 12; ++time) {
    most.add(60, time, 10);
    BOOST_TEST(most.value() == 80u);
  }
  most.add(60, 13, 10);
  BOOST_TEST(most.value() == 60u);
  most.add(90, 14, 10);
  BOOST_TEST(most.value() == 90u);
}

BOOST_AUTO_TEST_CASE(each_burst_keeps_the_next_one_back_for_its_own_time) {
  Pacer pacer;
  auto now = at(1s);
  const auto send = [&](int segments) {
    pacer.begin_burst(now);
    for (int i = 0; i < segments; ++i) pacer.on_sent(1000, 1'000'000);
  };
  send(9);  // the first ones are not paced
  BOOST_TEST(!pacer.holds(now));
  send(2);
  BOOST_TEST(pacer.holds(now));
  BOOST_TEST((pacer.deadline() == now + 2ms));
  now += 2ms;
  BOOST_TEST(!pacer.holds(now));
  now += 500us;  // late: the next wait is shorter by as much
  send(2);
  BOOST_TEST(pacer.holds(now));
  BOOST_TEST((pacer.next() == now + 1500us));
}

BOOST_AUTO_TEST_CASE(startup_ends_when_the_rate_stands_still_and_the_queue_is_drained) {
  Bbr bbr(1);
  CongestionWindow window;
  Path path(2);  // 2 segments a millisecond: 24 Mbit/s, 100 segments in flight
  while (window.threshold == CongestionWindow::kNoThreshold) {
    bbr.govern(window, path.next(300));
    BOOST_REQUIRE(path.now < at(3s));
  }
  // Drained at a third of the rate...
  BOOST_TEST(static_cast<double>(bbr.pacing_rate()) < 0.4 * 2 * 1448 * 1000);
  // ...and then kept at the rate, within the gains of its cycle, with two products in flight.
  for (int i = 0; i < 2000; ++i) bbr.govern(window, path.next(90));
  BOOST_TEST(static_cast<double>(bbr.pacing_rate()) > 0.7 * 2 * 1448 * 1000);
  BOOST_TEST(static_cast<double>(bbr.pacing_rate()) < 1.26 * 2 * 1448 * 1000);
  BOOST_TEST(window.segments >= 200);
  BOOST_TEST(window.segments <= 215);
}

BOOST_AUTO_TEST_CASE(startup_goes_on_while_the_rate_grows_by_a_quarter_in_three_rounds) {
  Bbr bbr(1);
  CongestionWindow window;
  Path path(1);
  const auto a_round_trip = [&] {
    for (auto end = path.now + path.rtt; path.now < end;) bbr.govern(window, path.next(300));
  };
  for (int rounds = 0; rounds < 10; ++rounds) {
    a_round_trip();
    path.spacing = path.spacing * 100 / 128;
    BOOST_TEST(window.threshold == CongestionWindow::kNoThreshold);
  }
  for (int rounds = 0; rounds < 6; ++rounds) {
    a_round_trip();
    path.spacing = path.spacing * 100 / 105;
  }
  BOOST_TEST(window.threshold != CongestionWindow::kNoThreshold);
}

BOOST_AUTO_TEST_CASE(after_ten_seconds_without_a_lower_rtt_four_segments_ask_for_it) {
  Bbr bbr(1);
  CongestionWindow window;
  Path path(2);
  for (int i = 0; i < 1000; ++i) bbr.govern(window, path.next(90));
  const auto before = window.segments;
  path.rtt += 1ms;  // none is as low as the first ones
  const auto begin = path.now;
  while (window.segments > 4) {
    bbr.govern(window, path.next(90));
    BOOST_REQUIRE(path.now < begin + 12s);
  }
  BOOST_TEST((path.now > begin + 9s));
  BOOST_TEST(bbr.limits_application());
  const auto asked = path.now;
  while (window.segments <= 4) {
    bbr.govern(window, path.next(3));
    BOOST_REQUIRE(path.now < asked + 1s);
  }
  BOOST_TEST((path.now >= asked + 200ms));
  BOOST_TEST(window.segments >= before);
}

BOOST_AUTO_TEST_CASE(two_intervals_of_equal_rate_and_many_losses_show_a_policer) {
  BbrPolicer policer;
  Path path(2);
  auto news = BbrPolicer::News::none;
  policer.forget(path.next(100), 0);
  for (int i = 1; i < 3000 && news == BbrPolicer::News::none; ++i) {
    const auto model = path.next(100, i % 4 == 0 ? 1 : 0);
    news = policer.on_ack(model, model.lost_total, i % 100 == 0, true);
  }
  BOOST_TEST((news == BbrPolicer::News::found));
  BOOST_TEST(policer.rate() == bandwidth(2, 1000), boost::test_tools::tolerance(0.02));
  // It is kept to for 48 round trips of probing, and asked anew.
  int rounds = 0;
  while (news != BbrPolicer::News::forgotten) {
    BOOST_TEST(policer.found());
    ++rounds;
    BOOST_REQUIRE(rounds <= 48);
    const auto model = path.next(100);
    news = policer.on_ack(model, model.lost_total, true, true);
  }
  BOOST_TEST(rounds == 48);
  BOOST_TEST(!policer.found());
}

BOOST_AUTO_TEST_CASE(few_losses_are_no_policer) {
  BbrPolicer policer;
  Path path(2);
  policer.forget(path.next(100), 0);
  for (int i = 1; i < 10'000; ++i) {
    const auto model = path.next(100, i % 10 == 0 ? 1 : 0);
    const auto news = policer.on_ack(model, model.lost_total, i % 100 == 0, true);
    BOOST_REQUIRE((news == BbrPolicer::News::none));
  }
}

BOOST_AUTO_TEST_CASE(the_first_round_trip_of_a_repair_sends_one_for_each_that_arrives) {
  Bbr bbr(1);
  CongestionWindow window;
  Path path(2);
  for (int i = 0; i < 1000; ++i) bbr.govern(window, path.next(90));
  const auto before = window.segments;
  auto model = path.next(80, 10);
  model.in_recovery = true;
  bbr.threshold_after_loss(window);
  bbr.govern(window, model);
  BOOST_TEST(window.segments == 81);
  model = path.next(80);
  bbr.govern(window, model);                  // over
  BOOST_TEST(window.segments >= before - 2);  // two more while it probes
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp
