// Peers that vanish from a connection on which nothing is said.
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

#include <array>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(keep_alive)
namespace {

// One question after a second of silence, one more a second later, and the end at three seconds.
constexpr net::KeepAlive kImpatient{1s, 1s, 2};

net::Task<net::Result<std::size_t>> read_one(net::Stream& stream) {
  std::array<std::byte, 1> byte;
  co_return co_await stream.read_some(byte);
}

// Waits for the end of a connection whose peer is gone.
net::Task<void> expect_to_be_given_up(World& world, net::Stream& stream) {
  const auto begin = world.client().clock().now();
  const auto got = co_await read_one(stream);
  const auto taken = world.client().clock().now() - begin;
  CHECK_ERROR(got, timed_out);
  BOOST_TEST(taken > 2s);
  BOOST_TEST(taken < 5s);
}

CONFORMANCE_CASE(a_peer_that_has_vanished_is_noticed) {
  NEEDS_LINKS();
  const auto pair = co_await connect_pair(world, net::Family::v4);
  pair.client->keep_alive(kImpatient);
  world.set_dark(world.links()[0], true);
  co_await expect_to_be_given_up(world, *pair.client);
}

CONFORMANCE_CASE(a_listener_hands_it_on_to_the_connections_that_it_accepts) {
  NEEDS_LINKS();
  net::ListenOptions options;
  options.keep_alive = kImpatient;
  const net::Endpoint any_port{world.server_address(net::Family::v4), 0};
  auto listener = world.server().network().listen(any_port, options).value();
  const auto at = listener->local_endpoint();
  auto connecting = world.client().network().connect(at, net::kAnyEgress);
  auto client = co_await std::move(connecting);
  REQUIRE_SUCCESS(client);
  auto server = co_await listener->accept();
  REQUIRE_SUCCESS(server);
  world.set_dark(world.links()[0], true);
  co_await expect_to_be_given_up(world, **server);
}

CONFORMANCE_CASE(a_peer_that_is_silent_and_there_stays) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  pair.client->keep_alive(kImpatient);
  co_await pause(world, 4500ms);
  REQUIRE_SUCCESS(co_await as_result(net::write_all(*pair.server, bytes_of("!"))));
  REQUIRE_SUCCESS(co_await read_one(*pair.client));
}

CONFORMANCE_CASE(a_peer_that_has_ended_its_stream_is_asked_too) {
  NEEDS_LINKS();
  const auto pair = co_await connect_pair(world, net::Family::v4);
  BOOST_TEST(!pair.client->shutdown_write());
  BOOST_TEST((co_await read_one(*pair.server)).value() == 0);
  co_await pause(world, 100ms);
  pair.client->keep_alive(kImpatient);
  world.set_dark(world.links()[0], true);
  co_await expect_to_be_given_up(world, *pair.client);
}

CONFORMANCE_CASE(bytes_that_nobody_acknowledges_end_the_connection_at_the_user_timeout) {
  NEEDS_LINKS();
  const auto pair = co_await connect_pair(world, net::Family::v4);
  pair.client->user_timeout(2s);
  world.set_dark(world.links()[0], true);
  REQUIRE_SUCCESS(co_await as_result(net::write_all(*pair.client, bytes_of("?"))));
  co_await expect_to_be_given_up(world, *pair.client);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
