// What signs make of a link's standing, with every time exact.
#include "engine/link/health.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(health)
namespace {

using namespace std::chrono_literals;

struct Watched {
  // The health after the sign.
  std::string see(Sign sign, net::Duration took = {}) {
    now += 100ms;
    const auto changed = tracker.take({sign, now, "as seen", took, {}}, options, received);
    if (changed) standing = *changed;
    return std::string(to_string(standing.health));
  }
  std::string go_down() {
    see(Sign::no_route);
    see(Sign::probe_failed);
    return see(Sign::probe_failed);
  }
  int passes_until_up() {
    int passes = 0;
    while (see(Sign::probe_passed) != "up") ++passes;
    return passes + 1;
  }

  HealthTracker tracker;
  HealthOptions options;
  std::uint64_t received = 0;
  net::TimePoint now{1h};
  Standing standing;
};

BOOST_AUTO_TEST_CASE(one_connection_that_is_outrun_is_no_doubt_and_two_are) {
  Watched link;
  BOOST_TEST(link.see(Sign::outrun) == "up");
  BOOST_TEST(link.see(Sign::outrun) == "suspect");
  BOOST_TEST(link.standing.reason == "as seen");
  BOOST_TEST((link.standing.since == link.now));
}

BOOST_AUTO_TEST_CASE(a_connection_between_two_failures_clears_the_link) {
  Watched link;
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST(link.see(Sign::failed) == "up");
    BOOST_TEST(link.see(Sign::connected, 10ms) == "up");
  }
}

BOOST_AUTO_TEST_CASE(two_early_resets_are_a_doubt_though_connections_stand_between_them) {
  Watched link;
  BOOST_TEST(link.see(Sign::connected, 10ms) == "up");
  BOOST_TEST(link.see(Sign::reset_early) == "up");
  BOOST_TEST(link.see(Sign::connected, 10ms) == "up");
  BOOST_TEST(link.see(Sign::reset_early) == "suspect");
}

BOOST_AUTO_TEST_CASE(early_resets_of_a_link_that_brings_bytes_are_none) {
  Watched link;
  for (int i = 0; i < 10; ++i) {
    link.received += 1000;
    BOOST_TEST(link.see(Sign::connected, 10ms) == "up");
    BOOST_TEST(link.see(Sign::reset_early) == "up");
  }
}

BOOST_AUTO_TEST_CASE(a_link_that_brings_bytes_meanwhile_is_not_doubted) {
  Watched link;
  for (int i = 0; i < 10; ++i) {
    link.received += 1000;
    BOOST_TEST(link.see(Sign::outrun) == "up");
  }
}

BOOST_AUTO_TEST_CASE(a_doubt_that_is_confirmed_twice_is_the_end) {
  Watched link;
  BOOST_TEST(link.see(Sign::no_route) == "suspect");
  BOOST_TEST(link.see(Sign::probe_failed) == "suspect");
  BOOST_TEST(link.see(Sign::probe_failed) == "down");
}

BOOST_AUTO_TEST_CASE(a_doubted_link_with_bytes_on_it_does_not_go_down) {
  Watched link;
  link.see(Sign::outrun);
  link.see(Sign::outrun);
  for (int i = 0; i < 10; ++i) {
    link.received += 1000;
    BOOST_TEST(link.see(Sign::probe_failed) == "suspect");
  }
}

BOOST_AUTO_TEST_CASE(one_good_probe_ends_a_doubt) {
  Watched link;
  link.see(Sign::no_route);
  BOOST_TEST(link.see(Sign::probe_passed) == "up");
}

BOOST_AUTO_TEST_CASE(a_connection_that_began_before_the_doubt_does_not_end_it) {
  Watched link;
  link.see(Sign::no_route);
  BOOST_TEST(link.see(Sign::connected, 150ms) == "suspect");
  BOOST_TEST(link.see(Sign::connected, 50ms) == "up");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_gone_needs_no_second_sign) {
  Watched link;
  BOOST_TEST(link.see(Sign::gone) == "down");
}

BOOST_AUTO_TEST_CASE(a_link_comes_back_after_three_good_signs) {
  Watched link;
  BOOST_TEST(link.go_down() == "down");
  BOOST_TEST(link.see(Sign::probe_passed) == "recovering");
  BOOST_TEST(link.see(Sign::probe_passed) == "recovering");
  BOOST_TEST(link.see(Sign::probe_passed) == "up");
}

BOOST_AUTO_TEST_CASE(one_bad_sign_ends_a_recovery) {
  Watched link;
  link.go_down();
  link.see(Sign::probe_passed);
  BOOST_TEST(link.see(Sign::probe_failed) == "down");
}

BOOST_AUTO_TEST_CASE(a_link_that_flaps_must_prove_more_each_time_and_a_steady_one_does_not) {
  Watched link;
  link.go_down();
  const auto first = link.passes_until_up();
  link.go_down();
  const auto second = link.passes_until_up();
  link.go_down();
  BOOST_TEST(first < second);
  BOOST_TEST(second < link.passes_until_up());
  link.now += 10min;
  link.go_down();
  BOOST_TEST(link.passes_until_up() == first);
}

BOOST_AUTO_TEST_CASE(where_more_is_asked_for_a_connection_proves_nothing) {
  Watched link;
  link.options.connections_prove = false;
  link.go_down();
  BOOST_TEST(link.see(Sign::connected, 10ms) == "down");
  link.received += 1000;
  BOOST_TEST(link.see(Sign::probe_passed) == "recovering");
}

BOOST_AUTO_TEST_CASE(on_trial_one_failure_is_enough) {
  Watched link;
  link.go_down();
  BOOST_TEST(link.see(Sign::trial) == "up");
  BOOST_TEST(link.see(Sign::outrun) == "down");
  BOOST_TEST(link.see(Sign::trial) == "up");
  link.see(Sign::connected, 10ms);
  BOOST_TEST(link.see(Sign::outrun) == "up");
}

BOOST_AUTO_TEST_CASE(what_connecting_takes_rises_at_once_and_falls_slowly) {
  Watched link;
  link.see(Sign::connected, 80ms);
  BOOST_TEST((link.tracker.connect_time() == 80ms));
  link.see(Sign::connected, 800ms);
  BOOST_TEST((link.tracker.connect_time() == 800ms));
  link.see(Sign::connected, 80ms);
  BOOST_TEST((link.tracker.connect_time() == 710ms));
}

BOOST_AUTO_TEST_CASE(where_health_is_off_nothing_is_concluded) {
  Watched link;
  link.options.enabled = false;
  BOOST_TEST(link.see(Sign::gone) == "up");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link
