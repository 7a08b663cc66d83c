// The plan of RFC 8305, without a network.

#include "engine/proxy/happy_eyeballs.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(happy_eyeballs)
namespace {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time
using net::Family;

constexpr net::TimePoint kStart{};

std::vector<net::Address> some(Family family, int count) {
  std::vector<net::Address> addresses;
  for (int i = 1; i <= count; ++i) {
    const auto text = (family == Family::v6 ? "2001:db8::" : "192.0.2.") + std::to_string(i);
    addresses.push_back(net::parse_address(text).value());
  }
  return addresses;
}

// "6.1 4.1": what is tried, each attempt at the moment that wake() names.
std::string order(HappyEyeballs& plan, net::TimePoint& now) {
  std::string tried;
  while (plan.wake() != net::kNever) {
    now = std::max(now, plan.wake());
    const auto address = plan.next(now);
    BOOST_REQUIRE(address.has_value());
    const auto text = address->to_string();
    tried += (tried.empty() ? "" : " ") + std::string(address->is_v6() ? "6." : "4.") + text.back();
  }
  return tried;
}

BOOST_AUTO_TEST_CASE(families_alternate_with_ipv6_first) {
  HappyEyeballs plan({});
  plan.answered(Family::v4, some(Family::v4, 2), kStart);
  plan.answered(Family::v6, some(Family::v6, 3), kStart);
  auto now = kStart;
  BOOST_TEST(order(plan, now) == "6.1 4.1 6.2 4.2 6.3");
  BOOST_TEST((now == kStart + 4 * 250ms));
}

BOOST_AUTO_TEST_CASE(ipv4_waits_for_the_answer_about_ipv6_for_the_resolution_delay) {
  HappyEyeballs plan({});
  plan.expect(Family::v4);
  plan.expect(Family::v6);
  plan.answered(Family::v4, some(Family::v4, 1), kStart + 10ms);
  BOOST_TEST(!plan.next(kStart + 59ms).has_value());
  BOOST_TEST((plan.wake() == kStart + 60ms));
  BOOST_TEST(plan.next(kStart + 60ms)->is_v4());
}

BOOST_AUTO_TEST_CASE(an_answer_about_ipv6_within_the_resolution_delay_is_tried_first) {
  HappyEyeballs plan({});
  plan.expect(Family::v4);
  plan.expect(Family::v6);
  plan.answered(Family::v4, some(Family::v4, 1), kStart);
  plan.answered(Family::v6, some(Family::v6, 1), kStart + 40ms);
  BOOST_TEST(plan.next(kStart + 40ms)->is_v6());
  BOOST_TEST(!plan.next(kStart + 40ms).has_value());
  BOOST_TEST((plan.wake() == kStart + 290ms));
}

BOOST_AUTO_TEST_CASE(the_word_that_there_is_no_ipv6_ends_the_wait) {
  HappyEyeballs plan({});
  plan.expect(Family::v4);
  plan.expect(Family::v6);
  plan.answered(Family::v4, some(Family::v4, 1), kStart);
  plan.answered(Family::v6, {}, kStart + 5ms);
  BOOST_TEST(plan.next(kStart + 5ms)->is_v4());
}

BOOST_AUTO_TEST_CASE(ipv6_waits_for_nothing) {
  HappyEyeballs plan({});
  plan.expect(Family::v4);
  plan.expect(Family::v6);
  plan.answered(Family::v6, some(Family::v6, 1), kStart);
  BOOST_TEST(plan.next(kStart)->is_v6());
}

BOOST_AUTO_TEST_CASE(a_late_answer_joins_the_race) {
  HappyEyeballs plan({});
  plan.expect(Family::v4);
  plan.expect(Family::v6);
  plan.answered(Family::v4, some(Family::v4, 2), kStart);
  BOOST_TEST(plan.next(kStart + 50ms)->is_v4());
  plan.answered(Family::v6, some(Family::v6, 1), kStart + 100ms);
  BOOST_TEST(!plan.next(kStart + 299ms).has_value());
  BOOST_TEST(plan.next(kStart + 300ms)->is_v6());
}

BOOST_AUTO_TEST_CASE(a_failure_makes_room_for_the_next_at_once) {
  HappyEyeballs plan({});
  plan.answered(Family::v4, some(Family::v4, 2), kStart);
  BOOST_TEST(plan.next(kStart).has_value());
  plan.failed(kStart + 7ms);
  BOOST_TEST(plan.next(kStart + 7ms).has_value());
}

BOOST_AUTO_TEST_CASE(attempts_and_addresses_are_bounded) {
  HappyEyeballsOptions options;
  options.attempts_max = 2;
  options.addresses_max = 3;
  HappyEyeballs plan(options);
  plan.answered(Family::v4, some(Family::v4, 9), kStart);
  auto now = kStart;
  BOOST_TEST(order(plan, now) == "4.1 4.2");
  plan.failed(now);
  BOOST_TEST(order(plan, now) == "4.3");
  plan.failed(now);
  BOOST_TEST(!plan.over());
  plan.failed(now);
  BOOST_TEST(plan.over());
}

BOOST_AUTO_TEST_CASE(it_is_not_over_while_an_answer_is_expected) {
  HappyEyeballs plan({});
  plan.expect(Family::v6);
  BOOST_TEST(!plan.over());
  BOOST_TEST((plan.wake() == net::kNever));
  plan.answered(Family::v6, {}, kStart);
  BOOST_TEST(plan.over());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
