// Every kind of session, with each of its first packets lost in turn: the n-th of each direction of
// the client's and of the target's line.
//
// A lost packet costs time and nothing else: the session is whole, and nothing is left of it.

#include "tests/unit/proxy/fault_sessions.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(lost_packet)
namespace {

constexpr std::uint64_t kPacketsMax = 60;

std::uint64_t lost(const sim::LinkDirection& direction) {
  return direction.counters().dropped_for(sim::DropReason::loss).packets;
}

// Lets everything pass but the packet that is offered as the n-th, from 0 on.
class LossOfOne {
 public:
  LossOfOne(sim::LinkDirection& direction, std::uint64_t n)
      : direction_(direction), at_(direction.counters().offered.packets + n) {}

  void look() {
    const bool due = lost(direction_) == 0 && direction_.counters().delivered.packets >= at_;
    direction_.set_loss(due ? 1.0 : 0.0);
  }

 private:
  sim::LinkDirection& direction_;
  std::uint64_t at_;
};

void lose_each(const Session& session, const char* link, bool up) {
  for (std::uint64_t n = 0; n < kPacketsMax; ++n) {
    FaultWorld world(session);
    auto& line = *world.world.find_link(link);
    auto& direction = up ? line.up() : line.down();
    LossOfOne loss(direction, n);
    const auto played = world.play([&] { loss.look(); });
    BOOST_TEST_CONTEXT(session.name << ", packet " << n << (up ? " up " : " down ") << link) {
      for (const auto& each : played.broken) BOOST_ERROR(each);
      for (const auto& each : world.left_over()) BOOST_ERROR("left over: " + each);
      BOOST_TEST(played.client_complete);
      BOOST_TEST(played.target_complete);
      BOOST_TEST(lost(direction) <= 1u);
    }
    if (lost(direction) == 0) {
      BOOST_TEST(n > 8u);  // fewer packets make no session
      return;
    }
  }
}

void lose_each(std::span<const Session> sessions) {
  for (const auto& session : sessions) {
    for (const auto* link : {"client/eth0", "target/eth0"}) {
      for (const bool up : {false, true}) lose_each(session, link, up);
    }
  }
}

BOOST_AUTO_TEST_CASE(any_lost_packet_leaves_a_socks_session_whole) {
  lose_each(socks_sessions());
}

BOOST_AUTO_TEST_CASE(any_lost_packet_leaves_an_http_session_whole) {
  lose_each(http_sessions());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
