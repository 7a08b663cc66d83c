// Who is let in, how many at a time, and for how long they may be silent.

#include "engine/proxy/socks5_client.hpp"
#include "tests/unit/proxy/proxy_world.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(limits)
namespace {

namespace errc = boost::system::errc;

const auto kGreeting = socks5::encode_greeting(std::vector{socks5::Method::none});

// Serves every connection until the client ends it.
net::Task<void> hold(net::StreamPtr stream) {
  co_await read_to_end(*stream);
}

// A relayed connection through the proxy; null where the proxy gave none.
net::Task<net::StreamPtr> open(ProxyWorld& world) {
  auto stream = co_await world.connect_to_proxy();
  HandshakeBuffer buffer;
  const auto answer = co_await socks5::request_connection(*stream, buffer, ProxyWorld::kWww);
  if (!answer || answer->reply != socks5::Reply::succeeded) co_return nullptr;
  co_return stream;
}

ServerOptions limited(AdmissionOptions admission) {
  ServerOptions options;
  options.admission = std::move(admission);
  return options;
}

BOOST_AUTO_TEST_CASE(clients_outside_the_allowed_ranges_are_turned_away) {
  ProxyWorld world({"wifi"}, limited({{prefix("192.0.2.0/24")}, 0, 0}));
  world.serve(hold);
  const auto program = [&]() -> net::Task<void> {
    const auto stream = co_await open(world);
    BOOST_TEST(stream == nullptr);
  };
  world.run(program());
  BOOST_TEST(world.server->counters().turned_away == 1u);
  BOOST_TEST(world.server->counters().accepted == 0u);
}

BOOST_AUTO_TEST_CASE(clients_inside_the_allowed_ranges_are_served) {
  ProxyWorld world({"wifi"}, limited({{prefix("192.0.2.0/24"), prefix("127.0.0.0/8")}, 0, 0}));
  world.serve(hold);
  const auto program = [&]() -> net::Task<void> {
    const auto stream = co_await open(world);
    BOOST_TEST(stream != nullptr);
  };
  world.run(program());
  BOOST_TEST(world.server->counters().turned_away == 0u);
}

BOOST_AUTO_TEST_CASE(a_client_has_no_more_connections_than_one_may_have) {
  ProxyWorld world({"wifi"}, limited({{}, 0, 2}));
  world.serve(hold);
  const auto program = [&]() -> net::Task<void> {
    auto first = co_await open(world);
    const auto second = co_await open(world);
    BOOST_TEST(second != nullptr);
    const auto third = co_await open(world);
    BOOST_TEST(third == nullptr);
    first.reset();  // its end makes room
    co_await world.laptop.clock().sleep_for(1s);
    const auto fourth = co_await open(world);
    BOOST_TEST(fourth != nullptr);
  };
  world.run(program());
  BOOST_TEST(world.server->counters().turned_away == 1u);
}

BOOST_AUTO_TEST_CASE(beyond_the_limit_in_all_clients_wait_for_their_turn) {
  ProxyWorld world({"wifi"}, limited({{}, 2, 0}));
  world.serve(hold);
  const auto program = [&]() -> net::Task<void> {
    auto first = co_await open(world);
    const auto second = co_await open(world);
    BOOST_TEST(second != nullptr);
    auto waiting = co_await world.connect_to_proxy();  // the kernel's queue takes it
    co_await send(*waiting, kGreeting);
    co_await world.laptop.clock().sleep_for(5s);
    BOOST_TEST(world.server->counters().live == 2u);
    const auto freed = world.simulation.now();
    first.reset();
    std::vector<std::byte> choice(2);
    BOOST_TEST(co_await net::read_full(*waiting, choice) == 2u);
    BOOST_TEST(((world.simulation.now() - freed) < 1s));
  };
  world.run(program());
  BOOST_TEST(world.server->counters().turned_away == 0u);
}

BOOST_AUTO_TEST_CASE(a_connection_without_a_byte_for_the_idle_timeout_is_reset) {
  ServerOptions options;
  options.silence.idle = 8s;
  ProxyWorld world({"wifi"}, options);
  Received at_target;
  world.serve(
      [&](net::StreamPtr stream) -> net::Task<void> { at_target = co_await read_to_end(*stream); });
  const auto program = [&]() -> net::Task<void> {
    const auto stream = co_await open(world);
    BOOST_REQUIRE(stream != nullptr);
    for (int i = 0; i < 4; ++i) {  // longer than the time-out, but never silent for so long
      co_await send_text(*stream, "x");
      co_await world.laptop.clock().sleep_for(6s);
    }
    const auto silent_since = world.simulation.now() - 6s;
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST((received.error == errc::connection_reset), received.error.message());
    const auto lived = world.simulation.now() - silent_since;
    BOOST_TEST((lived >= 8s && lived <= 10s));
    co_await world.laptop.clock().sleep_for(1s);  // until the target knows
  };
  world.run(program());
  BOOST_TEST(at_target.text == "xxxx");
  BOOST_TEST((at_target.error == errc::connection_reset), at_target.error.message());
  BOOST_TEST(world.links->links()[0]->counters().live == 0u);
  BOOST_TEST(world.server->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(a_half_open_connection_is_reset_when_it_falls_silent) {
  ServerOptions options;
  options.silence.half_open = 8s;
  ProxyWorld world({"wifi"}, options);
  Received at_target;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    at_target = co_await read_to_end(*stream);
    for (int i = 0; i < 4; ++i) {  // longer than the time-out, but never silent for so long
      co_await send_text(*stream, "x");
      co_await world.www.clock().sleep_for(6s);
    }
    co_await world.www.clock().sleep_for(60s);
  });
  const auto program = [&]() -> net::Task<void> {
    const auto stream = co_await open(world);
    BOOST_REQUIRE(stream != nullptr);
    co_await world.laptop.clock().sleep_for(20s);  // open both ways, it may be silent
    BOOST_TEST(!stream->shutdown_write());
    const auto ended = world.simulation.now();
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text == "xxxx");
    BOOST_TEST((received.error == errc::connection_reset), received.error.message());
    const auto lived = world.simulation.now() - ended - 3 * 6s;
    BOOST_TEST((lived >= 8s && lived <= 10s));
  };
  world.run(program());
  BOOST_TEST(!at_target.error, at_target.error.message());
  BOOST_TEST(world.server->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(clients_that_wait_for_nothing_do_not_hold_up_the_stop) {
  ProxyWorld world({"wifi"});
  world.serve(hold);
  const auto program = [&]() -> net::Task<void> {
    const auto silent = co_await world.connect_to_proxy();
    co_await world.laptop.clock().sleep_for(1s);
    const auto began = world.simulation.now();
    net::TaskGroup stopping(world.laptop.executor(), nullptr);
    stopping.spawn(world.server->stop(20s));
    const auto received = co_await read_to_end(*silent);
    BOOST_TEST(!received.error, received.error.message());
    silent->shutdown_write();
    co_await stopping.idle();
    BOOST_TEST(((world.simulation.now() - began) < 1s));
  };
  world.run(program());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
