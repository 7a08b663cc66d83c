// Clients and targets that vanish without a word, as one does whose power fails: nothing that waits
// for them stays for ever.

#include "engine/net/task_group.hpp"
#include "engine/proxy/socks5_client.hpp"
#include "sim/link/link.hpp"
#include "tests/unit/proxy/udp_world.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(vanished_peers)
namespace {

namespace errc = boost::system::errc;

const net::Endpoint kProxy = endpoint("10.0.0.1:1080");
const Target kTarget{address("203.0.113.10"), 80};

ServerOptions asking_after(std::optional<net::KeepAlive> keep_alive) {
  ServerOptions options;
  options.tcp_keep_alive = keep_alive;
  return options;
}

// A target that accepts one connection and waits for its end.
net::Task<void> hold_one(UdpWorld& world, Received& received) {
  auto listener = world.www.network().listen({net::any_address(net::Family::v4), 80}, {}).value();
  auto stream = co_await listener->accept();
  received = co_await read_to_end(**stream);
}

net::Task<net::StreamPtr> open_connection(UdpWorld& world) {
  auto stream = (co_await world.phone.network().connect(kProxy, net::kAnyEgress)).value();
  HandshakeBuffer buffer;
  const auto answer = co_await socks5::request_connection(*stream, buffer, kTarget);
  BOOST_REQUIRE((answer && answer->reply == socks5::Reply::succeeded));
  co_return stream;
}

// When all that was sent has been acknowledged: else it is repeated, which is TCP's own way to
// notice, and takes a quarter of an hour.
net::Task<void> vanish(UdpWorld& world, std::string_view link) {
  co_await world.pause(1s);
  world.world.find_link(std::string(link))->set_state(sim::LinkState::blackhole);
}

BOOST_AUTO_TEST_CASE(a_target_that_has_vanished_is_noticed_and_the_client_told) {
  UdpWorld world({"wifi"}, asking_after(net::KeepAlive::after(60s)));
  Received at_target;
  world.www.spawn(hold_one(world, at_target));
  const auto program = [&]() -> net::Task<void> {
    const auto stream = co_await open_connection(world);
    co_await vanish(world, "www/eth0");
    const auto since = world.simulation.now();
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST((received.error == errc::connection_reset), received.error.message());
    const auto after = world.simulation.now() - since;
    BOOST_TEST((after > 110s && after < 135s));
  };
  world.run(program());
  BOOST_TEST(world.server->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(a_client_that_has_vanished_is_noticed_and_the_target_told) {
  UdpWorld world({"wifi"}, asking_after(net::KeepAlive::after(60s)));
  Received at_target;
  world.www.spawn(hold_one(world, at_target));
  net::StreamPtr client;
  const auto program = [&]() -> net::Task<void> {
    client = co_await open_connection(world);
    co_await vanish(world, "phone/eth0");
    co_await world.pause(135s);
  };
  world.run(program());
  BOOST_TEST((at_target.error == errc::connection_reset), at_target.error.message());
  BOOST_TEST(world.server->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(an_association_ends_with_a_client_that_has_vanished) {
  UdpWorld world({"wifi"}, asking_after(net::KeepAlive::after(60s)));
  world.echo(7);
  std::optional<UdpClient> client;
  const auto program = [&]() -> net::Task<void> {
    client = co_await associate(world.phone, kProxy);
    BOOST_TEST(world.server->counters().live == 1u);
    co_await vanish(world, "phone/eth0");
    co_await world.pause(135s);
  };
  world.run(program());
  BOOST_TEST(world.server->counters().live == 0u);
  BOOST_TEST(world.relay_sockets() == 0u);
}

BOOST_AUTO_TEST_CASE(a_silent_connection_whose_ends_are_there_stays) {
  UdpWorld world({"wifi"}, asking_after(net::KeepAlive::after(60s)));
  Received at_target;
  world.www.spawn(hold_one(world, at_target));
  const auto program = [&]() -> net::Task<void> {
    const auto stream = co_await open_connection(world);
    co_await world.pause(1h);
    co_await send_text(*stream, "still here");
    BOOST_TEST(!stream->shutdown_write());
    co_await world.pause(1s);
  };
  world.run(program(), 2h);
  BOOST_TEST(at_target.text == "still here");
}

BOOST_AUTO_TEST_CASE(without_keep_alive_nobody_is_asked) {
  UdpWorld world({"wifi"}, asking_after(std::nullopt));
  Received at_target;
  world.www.spawn(hold_one(world, at_target));
  net::StreamPtr client;
  const auto program = [&]() -> net::Task<void> {
    client = co_await open_connection(world);
    co_await vanish(world, "phone/eth0");
    co_await world.pause(1h);
  };
  world.run(program(), 2h);
  BOOST_TEST(world.server->counters().live == 1u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
