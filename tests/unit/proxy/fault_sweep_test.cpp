// Every kind of session, with every one of its operations failing in turn: at the proxy, as a
// kernel fails them; at the client and at the target, as a program that dies there.
//
// Whatever fails, the session ends; what an end takes for complete is what the other end sent; and
// nothing is left: no connection, socket, listener, timer, task or place. The next session is
// served as if nothing had been.

#include "tests/unit/proxy/fault_sessions.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace dispatch::proxy {
namespace {

constexpr std::size_t kOperationsMax = 5000;  // of one session

void check(FaultWorld& world, const Played& played) {
  for (const auto& each : played.broken) BOOST_ERROR(each);
  for (const auto& each : world.left_over()) BOOST_ERROR("left over: " + each);
}

void check_whole(FaultWorld& world, const Played& played) {
  check(world, played);
  BOOST_TEST(played.client_complete);
  BOOST_TEST(played.target_complete);
}

// How often an operation of `party` failed.
std::size_t fail_each(const Session& session, Party party, std::size_t severity,
                      bool silent = false) {
  for (std::size_t operation = 0; operation < kOperationsMax; ++operation) {
    FaultWorld world(session);
    auto& ledger = world.ledger(party);
    ledger.plan = {operation, severity, silent};
    const auto played = world.play();
    const auto failed = ledger.failed;
    ledger.plan = {};
    const auto name = failed ? to_string(*failed) : "none";
    BOOST_TEST_CONTEXT(session.name << ", operation " << operation << " (" << name
                                    << (silent ? ") never ends" : ") fails, severity ")
                                    << severity) {
      if (!failed) {
        check_whole(world, played);
        return operation;
      }
      check(world, played);
      const auto again = world.play();
      BOOST_TEST_CONTEXT("the session after it") {
        check_whole(world, again);
      }
    }
  }
  BOOST_FAIL("the session does not end");
  return 0;
}

// A session of the proxy has at least: an accept, a connect, reads and writes both ways, two ends.
constexpr std::size_t kOperationsMin = 10;
constexpr std::size_t kOperationsOfEndMin = 2;

void fail_each_of_the_proxy(std::span<const Session> sessions) {
  for (const auto& session : sessions) {
    for (std::size_t severity = 0; severity < kSeverities; ++severity) {
      BOOST_TEST(fail_each(session, Party::proxy, severity) > kOperationsMin);
    }
  }
}

void silence_each_of_the_proxy(std::span<const Session> sessions) {
  for (const auto& session : sessions) {
    BOOST_TEST(fail_each(session, Party::proxy, 0, true) > kOperationsMin);
  }
}

void fail_each_of_the_ends(std::span<const Session> sessions) {
  for (const auto& session : sessions) {
    BOOST_TEST(fail_each(session, Party::client, 0) > kOperationsOfEndMin);
    BOOST_TEST(fail_each(session, Party::target, 0) > kOperationsOfEndMin);
  }
}

BOOST_AUTO_TEST_SUITE(fault_sweep)

BOOST_AUTO_TEST_CASE(whichever_operation_fails_a_socks_session_leaves_nothing_untrue_or_open) {
  fail_each_of_the_proxy(socks_sessions());
}

BOOST_AUTO_TEST_CASE(whichever_operation_fails_an_http_session_leaves_nothing_untrue_or_open) {
  fail_each_of_the_proxy(http_sessions());
}

BOOST_AUTO_TEST_CASE(whichever_operation_never_ends_a_socks_session_does) {
  silence_each_of_the_proxy(socks_sessions());
}

BOOST_AUTO_TEST_CASE(whichever_operation_never_ends_an_http_session_does) {
  silence_each_of_the_proxy(http_sessions());
}

BOOST_AUTO_TEST_CASE(a_client_or_target_that_dies_at_any_stage_of_socks_leaves_nothing) {
  fail_each_of_the_ends(socks_sessions());
}

BOOST_AUTO_TEST_CASE(a_client_or_target_that_dies_at_any_stage_of_http_leaves_nothing) {
  fail_each_of_the_ends(http_sessions());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::proxy
