// UDP ASSOCIATE with each operation of the proxy failing in turn.

#include "tests/unit/proxy/udp_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(udp_faults)
namespace {

const net::Endpoint kProxy = endpoint("10.0.0.1:1080");

// How many of three datagrams, to two addresses and a name, are answered.
net::Task<void> use(UdpWorld& world, int& answers) {
  auto client = co_await associate(world.phone, kProxy);
  if (client.reply != socks5::Reply::succeeded) co_return;
  for (const auto* target : {"203.0.113.10:7", "v4.example:8", "[2001:db8:80::10]:9"}) {
    send_to(client, target, target);
    const auto got = co_await receive_from(world.phone, *client.socket, 20s);
    if (got.source == "nothing") continue;
    BOOST_TEST(got.text == target);
    ++answers;
  }
}

// Whether the proxy got to that operation.
bool fail(std::size_t operation, std::size_t severity) {
  UdpWorld world;
  for (std::uint16_t port = 7; port <= 9; ++port) world.echo(port);
  world.simulation.run_for(1s);
  world.ledger.plan = {world.ledger.operations + operation, severity, false};
  int answers = 0;
  world.run(use(world, answers));
  const auto failed = world.ledger.failed;
  world.ledger.plan = {};
  BOOST_TEST_CONTEXT("operation " << operation << " fails ("
                                  << (failed ? to_string(*failed) : "none") << "), severity "
                                  << severity) {
    if (!failed) BOOST_TEST(answers == 3);
    world.check_nothing_is_left();
    int answers_after = 0;
    world.run(use(world, answers_after));
    BOOST_TEST(answers_after == 3);
    world.check_nothing_is_left();
  }
  return failed.has_value();
}

BOOST_AUTO_TEST_CASE(
    whichever_operation_fails_an_association_leaves_nothing_and_the_next_one_works) {
  // At least: reading a greeting and a request, two answers, three sockets, a look-up, the end.
  constexpr std::size_t kOperationsMin = 9;
  for (std::size_t severity = 0; severity < kSeverities; ++severity) {
    std::size_t operation = 0;
    while (operation < 100 && fail(operation, severity)) ++operation;
    BOOST_TEST(operation >= kOperationsMin);
    BOOST_TEST(operation < 100u);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
