// Which link a connection takes, and what becomes of it when links fail.

#include "engine/net/task_group.hpp"
#include "engine/proxy/socks5_client.hpp"
#include "tests/unit/proxy/proxy_world.hpp"

#include <map>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(balance)
namespace {

constexpr auto* kWifi = "192.0.2.2";
constexpr auto* kLte = "198.51.100.2";

// A connection stands at the client half a round trip before the server has accepted it.
constexpr auto kAcceptedBy = 100ms;

net::Task<void> hold_until_the_end(net::StreamPtr stream) {
  co_await read_to_end(*stream);
}

// One connection through the proxy, held for a while; the reply.
net::Task<void> connection(ProxyWorld& world, net::Duration held, std::vector<int>& replies) {
  auto stream = co_await world.connect_to_proxy();
  HandshakeBuffer buffer;
  const auto answer = co_await socks5::request_connection(*stream, buffer, ProxyWorld::kWww);
  replies.push_back(answer ? static_cast<int>(answer->reply) : -1);
  co_await world.laptop.clock().sleep_for(held);
}

std::map<std::string, int> split(const ProxyWorld& world) {
  std::map<std::string, int> count;
  for (const auto& source : world.sources) ++count[source];
  return count;
}

void run_sequential(ProxyWorld& world, int count) {
  world.serve(hold_until_the_end);
  std::vector<int> replies;
  for (int i = 0; i < count; ++i) world.run(connection(world, kAcceptedBy, replies));
  BOOST_TEST((replies == std::vector<int>(count, 0)));
}

void run_concurrent(ProxyWorld& world, int count) {
  world.serve(hold_until_the_end);
  std::vector<int> replies;
  const auto program = [&]() -> net::Task<void> {
    net::TaskGroup group(world.laptop.executor(), nullptr);
    for (int i = 0; i < count; ++i) group.spawn(connection(world, 5s, replies));
    co_await group.idle();
  };
  world.run(program());
  BOOST_TEST((replies == std::vector<int>(count, 0)));
}

void check_nothing_is_left(ProxyWorld& world) {
  world.simulation.run_for(120s);
  BOOST_TEST(world.server->counters().live == 0u);
  for (const auto& link : world.links->links()) BOOST_TEST(link->counters().live == 0u);
  BOOST_TEST(world.laptop.tcp_sockets() == 0u);
  BOOST_TEST(world.www.tcp_sockets() == 0u);
}

BOOST_AUTO_TEST_CASE(sequential_connections_take_the_links_in_the_smooth_order) {
  ProxyWorld world({"wifi/7", "lte/3"});
  run_sequential(world, 10);
  std::string order;
  for (const auto& source : world.sources) order += source == kWifi ? 'A' : 'B';
  BOOST_TEST(order == "ABAABAABAA");
  check_nothing_is_left(world);
}

BOOST_AUTO_TEST_CASE(two_equal_links_share_sequential_connections_exactly) {
  ProxyWorld world({"wifi", "lte"});
  run_sequential(world, 20);
  BOOST_TEST(split(world)[kWifi] == 10);
  BOOST_TEST(split(world)[kLte] == 10);
}

BOOST_AUTO_TEST_CASE(two_equal_links_share_concurrent_connections_exactly) {
  ProxyWorld world({"wifi", "lte"});
  run_concurrent(world, 50);
  BOOST_TEST(split(world)[kWifi] == 25);
  BOOST_TEST(split(world)[kLte] == 25);
  check_nothing_is_left(world);
}

BOOST_AUTO_TEST_CASE(weights_hold_for_concurrent_connections) {
  ProxyWorld world({"wifi/7", "lte/3"});
  run_concurrent(world, 50);
  BOOST_TEST(split(world)[kWifi] == 35);
  BOOST_TEST(split(world)[kLte] == 15);
}

BOOST_AUTO_TEST_CASE(a_link_that_is_down_costs_no_client_its_connection) {
  ProxyWorld world({"wifi", "lte"});
  world.laptop.set_interface_up("wifi", false);
  run_concurrent(world, 20);
  BOOST_TEST(split(world)[kLte] == 20);
  BOOST_TEST(world.links->links()[0]->counters().dial_failures > 0u);
  check_nothing_is_left(world);
}

BOOST_AUTO_TEST_CASE(a_silent_link_of_which_nothing_is_known_is_helped_by_another_after_a_second) {
  ProxyWorld world({"wifi", "lte"});
  world.world.find_link("laptop/wifi")->set_state(sim::LinkState::blackhole);
  world.serve(hold_until_the_end);
  std::vector<int> replies;
  const auto began = world.simulation.now();
  world.run(connection(world, kAcceptedBy, replies));
  BOOST_TEST((replies == std::vector<int>{0}));
  BOOST_TEST(split(world)[kLte] == 1);
  const auto took = world.simulation.now() - began;
  BOOST_TEST((took > 1s && took < 1300ms), took.count());
}

BOOST_AUTO_TEST_CASE(when_every_link_fails_the_client_is_told_and_nothing_leaks) {
  ProxyWorld world({"wifi", "lte"});
  world.laptop.set_interface_up("wifi", false);
  world.laptop.set_interface_up("lte", false);
  std::vector<int> replies;
  for (int i = 0; i < 10; ++i) world.run(connection(world, 0s, replies));
  const auto expected = static_cast<int>(socks5::Reply::network_unreachable);
  BOOST_TEST((replies == std::vector<int>(10, expected)));
  BOOST_TEST(world.server->counters().refused == 10u);
  check_nothing_is_left(world);
}

BOOST_AUTO_TEST_CASE(stopping_waits_for_the_drain_and_then_resets_what_is_left) {
  ProxyWorld world({"wifi"});
  world.serve(hold_until_the_end);
  net::Error client_saw;
  net::TimePoint client_ended;
  const auto client = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    HandshakeBuffer buffer;
    BOOST_TEST(
        (co_await socks5::request_connection(*stream, buffer, ProxyWorld::kWww)).has_value());
    const auto received = co_await read_to_end(*stream);
    client_saw = received.error;
    client_ended = world.simulation.now();
  };
  world.laptop.spawn(client());
  world.simulation.run_for(2s);
  const auto began = world.simulation.now();
  world.run(world.server->stop(4s));
  world.simulation.run_for(1s);
  BOOST_TEST(((client_ended - began) / 100ms) == 40);
  BOOST_TEST(client_saw.failed());
  // Nobody listens any more.
  const auto late = [&]() -> net::Task<void> {
    const auto stream =
        co_await world.laptop.network().connect(ProxyWorld::kProxy, net::kAnyEgress);
    BOOST_TEST(!stream.has_value());
  };
  world.run(late());
  check_nothing_is_left(world);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
