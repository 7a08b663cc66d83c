// A client that waits for its target keeps no other one waiting.

#include "tests/unit/proxy/proxy_world.hpp"

#include <chrono>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(isolation)
namespace {

net::Task<void> close_at_once(net::StreamPtr stream) {
  stream->shutdown_write();
  co_await read_to_end(*stream);
}

// Asks for `target` and waits for the answer: how long that took.
net::Task<void> ask_for(ProxyWorld& world, Target target, net::Duration& took) {
  const auto began = world.simulation.now();
  auto stream = co_await world.connect_to_proxy();
  auto bytes = socks5::encode_greeting(std::vector{socks5::Method::none});
  const auto request = socks5::encode_request(socks5::Command::connect, target);
  bytes.insert(bytes.end(), request.begin(), request.end());
  co_await send(*stream, bytes);
  std::vector<std::byte> answer(12);
  const auto got = co_await net::read_full(*stream, answer);
  BOOST_TEST(got.has_value());
  took = world.simulation.now() - began;
}

// The slow ones first; then how long a good one takes meanwhile.
net::Duration beside(ProxyWorld& world, const Target& slow) {
  constexpr int kSlow = 20;
  world.serve(close_at_once);
  std::vector<net::Duration> slow_ones(kSlow);
  for (auto& each : slow_ones) world.laptop.spawn(ask_for(world, slow, each));
  world.simulation.run_for(500ms);
  net::Duration good{};
  world.run(ask_for(world, ProxyWorld::kWww, good));
  for (const auto& each : slow_ones) BOOST_TEST((each == net::Duration::zero()));
  return good;
}

BOOST_AUTO_TEST_CASE(a_target_that_is_silent_holds_up_nobody_else) {
  ProxyWorld world;
  world.world.set_unknown_destination(sim::World::UnknownDestination::silent);
  const Target silent{address("203.0.113.99"), 80};
  BOOST_TEST((beside(world, silent) < 100ms));
}

BOOST_AUTO_TEST_CASE(a_name_server_that_is_silent_holds_up_nobody_else) {
  ProxyWorld world;
  world.world.set_unknown_destination(sim::World::UnknownDestination::silent);
  world.laptop.set_nameservers({endpoint("203.0.113.53:53")});
  const Target unknown{std::string("slow.example"), 80};
  BOOST_TEST((beside(world, unknown) < 100ms));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
