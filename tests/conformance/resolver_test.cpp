// Names: what is found, and every way of finding nothing.
#include "engine/net/deadline.hpp"
#include "tests/conformance/case.hpp"
#include "tests/conformance/name_server.hpp"
#include "tests/conformance/tools.hpp"

#include <algorithm>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(names)
namespace {

net::Task<net::Result<std::vector<net::ResolvedAddress>>> look_up(World& world, std::string name,
                                                                  bool v4 = true, bool v6 = true) {
  net::ResolveQuery query;
  query.name = std::move(name);
  query.v4 = v4;
  query.v6 = v6;
  return world.client().resolver().resolve(query);
}

std::vector<net::Address> sorted(const std::vector<net::ResolvedAddress>& found) {
  std::vector<net::Address> addresses;
  for (const auto& one : found) addresses.push_back(one.address);
  std::ranges::sort(addresses);
  return addresses;
}

#define CHECK_RESOLVE_ERROR(result, expected)                                             \
  BOOST_CHECK_MESSAGE(                                                                    \
      !(result).has_value() && (result).error() == net::ResolveError::expected,           \
      "expected " #expected ", got: " << ((result).has_value() ? std::string("addresses") \
                                                               : (result).error().message()))

CONFORMANCE_CASE(a_name_with_both_families_gives_both) {
  const auto found = co_await look_up(world, kBothName);
  REQUIRE_SUCCESS(found);
  const std::vector<net::Address> expected{addresses_of(kBothName, net::Family::v4)[0],
                                           addresses_of(kBothName, net::Family::v6)[0]};
  BOOST_TEST((sorted(*found) == expected));
  for (const auto& one : *found) BOOST_TEST((one.ttl == std::chrono::seconds(kTtlSeconds)));
}

CONFORMANCE_CASE(only_the_families_that_are_asked_for_are_given) {
  const auto v4 = co_await look_up(world, kBothName, true, false);
  REQUIRE_SUCCESS(v4);
  BOOST_TEST((sorted(*v4) == addresses_of(kBothName, net::Family::v4)));
  const auto v6 = co_await look_up(world, kBothName, false, true);
  REQUIRE_SUCCESS(v6);
  BOOST_TEST((sorted(*v6) == addresses_of(kBothName, net::Family::v6)));
}

CONFORMANCE_CASE(a_name_with_one_family_gives_all_its_addresses) {
  const auto v4 = co_await look_up(world, kV4OnlyName);
  REQUIRE_SUCCESS(v4);
  BOOST_TEST((sorted(*v4) == addresses_of(kV4OnlyName, net::Family::v4)));
  const auto v6 = co_await look_up(world, kV6OnlyName);
  REQUIRE_SUCCESS(v6);
  BOOST_TEST((sorted(*v6) == addresses_of(kV6OnlyName, net::Family::v6)));
}

CONFORMANCE_CASE(a_name_without_the_family_that_is_asked_for_has_no_data) {
  const auto v6 = co_await look_up(world, kV4OnlyName, false, true);
  CHECK_RESOLVE_ERROR(v6, no_data);
  const auto v4 = co_await look_up(world, kV6OnlyName, true, false);
  CHECK_RESOLVE_ERROR(v4, no_data);
}

CONFORMANCE_CASE(case_does_not_matter) {
  const auto found = co_await look_up(world, "BOTH.Example.COM");
  REQUIRE_SUCCESS(found);
  BOOST_TEST(found->size() == 2u);
}

CONFORMANCE_CASE(a_name_that_does_not_exist_is_not_found) {
  const auto both = co_await look_up(world, kMissingName);
  CHECK_RESOLVE_ERROR(both, not_found);
  const auto v4 = co_await look_up(world, kMissingName, true, false);
  CHECK_RESOLVE_ERROR(v4, not_found);
  const auto v6 = co_await look_up(world, kMissingName, false, true);
  CHECK_RESOLVE_ERROR(v6, not_found);
}

CONFORMANCE_CASE(a_server_that_fails_is_a_server_failure) {
  const auto found = co_await look_up(world, kFailingName);
  CHECK_RESOLVE_ERROR(found, server_failure);
}

CONFORMANCE_CASE(a_server_that_is_silent_times_out) {
  world.set_name_server_silent(true);
  const auto found = co_await look_up(world, kBothName);
  CHECK_RESOLVE_ERROR(found, timed_out);
  BOOST_TEST(world.askers().size() >= 2u);  // it was asked again
}

CONFORMANCE_CASE(what_dns_cannot_carry_is_not_asked) {
  const std::string long_label(64, 'a');
  std::string long_name;
  for (int i = 0; i < 64; ++i) long_name += "abc.";
  for (const auto& name : {std::string(), long_label + ".com", long_name + "com",
                           std::string("two..dots"), std::string(".")}) {
    const auto found = co_await look_up(world, name);
    CHECK_RESOLVE_ERROR(found, bad_name);
  }
  BOOST_TEST(world.askers().empty());
}

CONFORMANCE_CASE(localhost_needs_no_server) {
  const auto found = co_await look_up(world, "localhost", true, false);
  REQUIRE_SUCCESS(found);
  BOOST_TEST_REQUIRE(found->size() >= 1u);
  BOOST_TEST(found->front().address.is_loopback());
  BOOST_TEST(world.askers().empty());
}

CONFORMANCE_CASE(questions_leave_by_the_egress) {
  NEEDS_LINKS();
  for (const auto& link : world.links()) {
    for (const bool by_device : {false, true}) {
      net::ResolveQuery query;
      query.name = kBothName;
      if (by_device) {
        query.egress.device = link.device;
      } else {
        query.egress.source = link.v4;
      }
      const auto found = co_await world.client().resolver().resolve(query);
      REQUIRE_SUCCESS(found);
      BOOST_TEST_REQUIRE(!world.askers().empty());
      BOOST_TEST(world.askers().back().address == link.v4);
    }
  }
}

CONFORMANCE_CASE(a_question_that_cannot_leave_is_unreachable) {
  net::ResolveQuery query;
  query.name = kBothName;
  query.egress.source = *net::parse_address("203.0.113.99");  // not ours
  NEEDS_LINKS();
  const auto found = co_await world.client().resolver().resolve(query);
  CHECK_RESOLVE_ERROR(found, unreachable);
}

CONFORMANCE_CASE(many_questions_at_once_are_told_apart) {
  std::vector<std::unique_ptr<Running<std::vector<net::ResolvedAddress>>>> asked;
  for (int i = 0; i < 30; ++i) {
    const auto* name = i % 2 == 0 ? kV4OnlyName : kV6OnlyName;
    asked.push_back(std::make_unique<Running<std::vector<net::ResolvedAddress>>>(
        world.client(), look_up(world, name)));
  }
  for (int i = 0; i < 30; ++i) {
    const auto found = co_await asked[static_cast<std::size_t>(i)]->result();
    REQUIRE_SUCCESS(found);
    BOOST_TEST(found->size() == (i % 2 == 0 ? 2u : 1u));
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
