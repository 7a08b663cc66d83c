// How a case is written: a coroutine with the name of the behaviour.
//
//     CONFORMANCE_CASE(a_closed_port_refuses) {
//       const auto stream = co_await world.client().network().connect(...);
//       CHECK_ERROR(stream, connection_refused);
//     }
#pragma once

#include "tests/conformance/world.hpp"

#include <boost/system/errc.hpp>
#include <boost/test/unit_test.hpp>

// `world` is new for each case.
#define CONFORMANCE_CASE(name)                                                     \
  static ::dispatch::net::Task<void> name##_body(::dispatch::conformance::World&); \
  BOOST_AUTO_TEST_CASE(name) {                                                     \
    const auto world = ::dispatch::conformance::make_world();                      \
    world->run(name##_body(*world));                                               \
  }                                                                                \
  ::dispatch::net::Task<void> name##_body([[maybe_unused]] ::dispatch::conformance::World& world)

// Twice, with `family`.
#define CONFORMANCE_CASE_PER_FAMILY(name)                                                         \
  static ::dispatch::net::Task<void> name##_body(::dispatch::conformance::World&,                 \
                                                 ::dispatch::net::Family);                        \
  BOOST_AUTO_TEST_CASE(name##_v4) {                                                               \
    const auto world = ::dispatch::conformance::make_world();                                     \
    world->run(name##_body(*world, ::dispatch::net::Family::v4));                                 \
  }                                                                                               \
  BOOST_AUTO_TEST_CASE(name##_v6) {                                                               \
    const auto world = ::dispatch::conformance::make_world();                                     \
    world->run(name##_body(*world, ::dispatch::net::Family::v6));                                 \
  }                                                                                               \
  ::dispatch::net::Task<void> name##_body([[maybe_unused]] ::dispatch::conformance::World& world, \
                                          [[maybe_unused]] ::dispatch::net::Family family)

// Loopback cannot show this.
#define NEEDS_LINKS()                                                       \
  do {                                                                      \
    if (!world.has_links()) {                                               \
      BOOST_TEST_MESSAGE("skipped: needs CAP_NET_ADMIN and CAP_SYS_ADMIN"); \
      co_return;                                                            \
    }                                                                       \
  } while (false)

// Of errc, whatever the category that says it.
#define CHECK_FAILURE(failure, expected)                            \
  BOOST_CHECK_MESSAGE((failure) == ::boost::system::errc::expected, \
                      "expected " #expected ", got: " << (failure).message())

#define CHECK_ERROR(result, expected)                                                   \
  BOOST_CHECK_MESSAGE(                                                                  \
      !(result).has_value() && (result).error() == ::boost::system::errc::expected,     \
      "expected " #expected ", got: " << ((result).has_value() ? std::string("success") \
                                                               : (result).error().message()))

#define REQUIRE_SUCCESS(result) \
  BOOST_REQUIRE_MESSAGE((result).has_value(), "failed: " << (result).error().message())
