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
BOOST_AUTO_TEST_SUITE(fault_sweep)
namespace {

constexpr std::size_t kOperationsMax = 5000;  // of one session
// A sanitizer makes this ten times as slow: some of the operations there, others for each severity.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kStride = 7;
#else
constexpr std::size_t kStride = 1;
#endif

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
  for (auto operation = severity % kStride; operation < kOperationsMax; operation += kStride) {
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

constexpr std::size_t kOperationsOfEndMin = 2;

void fail_each_of_the_proxy(std::span<const Session> sessions) {
  for (const auto& session : sessions) {
    for (std::size_t severity = 0; severity < kSeverities; ++severity) {
      BOOST_TEST(fail_each(session, Party::proxy, severity) >= session.setup.operations_min);
    }
  }
}

void silence_each_of_the_proxy(std::span<const Session> sessions) {
  for (const auto& session : sessions) {
    BOOST_TEST(fail_each(session, Party::proxy, 0, true) >= session.setup.operations_min);
  }
}

void fail_each_of_the_ends(std::span<const Session> sessions) {
  for (const auto& session : sessions) {
    BOOST_TEST(fail_each(session, Party::client, 0) > kOperationsOfEndMin);
    if (session.setup.reaches_target) {
      BOOST_TEST(fail_each(session, Party::target, 0) > kOperationsOfEndMin);
    }
  }
}

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

BOOST_AUTO_TEST_CASE(whichever_operation_fails_no_entrance_and_no_way_out_leaves_anything) {
  for (const auto sessions : {entrance_sessions(), way_out_sessions()}) {
    std::size_t severity = 0;
    for (const auto& session : sessions) {
      const auto count = fail_each(session, Party::proxy, severity++ % kSeverities);
      BOOST_TEST(count >= session.setup.operations_min);
    }
  }
}

BOOST_AUTO_TEST_CASE(whichever_operation_never_ends_an_entrance_and_a_way_out_do) {
  for (const auto sessions : {entrance_sessions(), way_out_sessions()}) {
    silence_each_of_the_proxy(sessions);
  }
}

BOOST_AUTO_TEST_CASE(an_end_that_dies_leaves_nothing_at_any_entrance_or_way_out) {
  for (const auto sessions : {entrance_sessions(), way_out_sessions()}) {
    fail_each_of_the_ends(sessions);
  }
}

BOOST_AUTO_TEST_CASE(a_listener_that_cannot_open_leaves_nothing_and_opens_when_it_can) {
  FaultWorld world(session_of("SOCKS5"));
  auto& ledger = world.ledger(Party::proxy);
  ListenerSpec at_a_path;
  at_a_path.path = "/run/second.sock";
  ListenerSpec at_a_port;
  at_a_port.endpoint = {FaultWorld::kProxy.address, 1081};
  std::size_t open = ledger.listeners;
  for (const auto& spec : {at_a_path, at_a_port}) {
    for (std::size_t severity = 0; severity < kSeverities; ++severity) {
      ledger.plan = {ledger.operations, severity, false};
      const auto opened = world.server->open(spec);
      BOOST_REQUIRE(!opened);
      BOOST_TEST(opened.error() == error_of(OperationKind::listen, severity));
      BOOST_TEST(ledger.listeners == open);
    }
    ledger.plan = {};
    BOOST_TEST(world.server->open(spec).has_value());
    BOOST_TEST(ledger.listeners == ++open);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
