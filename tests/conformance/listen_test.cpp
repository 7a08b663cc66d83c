// Listening.
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(listening)
namespace {

CONFORMANCE_CASE_PER_FAMILY(a_listener_on_port_zero_has_a_port) {
  const auto listener = world.server().network().listen({net::any_address(family), 0}, {});
  REQUIRE_SUCCESS(listener);
  BOOST_TEST((*listener)->local_endpoint().port != 0);
  BOOST_TEST((*listener)->local_endpoint().address == net::any_address(family));
  co_return;
}

CONFORMANCE_CASE_PER_FAMILY(two_listeners_on_one_port_are_one_too_many) {
  const auto first =
      world.server().network().listen({world.server_address(family), 0}, net::ListenOptions{});
  REQUIRE_SUCCESS(first);
  const auto second = world.server().network().listen((*first)->local_endpoint(), {});
  CHECK_ERROR(second, address_in_use);
  const auto everywhere = world.server().network().listen(
      {net::any_address(family), (*first)->local_endpoint().port}, net::ListenOptions{});
  CHECK_ERROR(everywhere, address_in_use);
  co_return;
}

CONFORMANCE_CASE_PER_FAMILY(listeners_that_share_a_queue_share_the_connections) {
  auto& network = world.server().network();
  const auto first = network.listen({world.server_address(family), 0}, net::ListenOptions{});
  REQUIRE_SUCCESS(first);
  const auto local = (*first)->local_endpoint();
  const auto second = (*first)->share(network);
  REQUIRE_SUCCESS(second);
  BOOST_TEST(((*second)->local_endpoint() == local));
  (*first)->close();
  const auto ended = co_await (*first)->accept();
  BOOST_TEST(net::is_cancelled(ended.error()));
  const auto client = co_await world.client().network().connect(local, net::kAnyEgress);
  REQUIRE_SUCCESS(client);
  const auto accepted = co_await (*second)->accept();
  REQUIRE_SUCCESS(accepted);
  (*second)->close();
  const auto refused = co_await world.client().network().connect(local, net::kAnyEgress);
  CHECK_ERROR(refused, connection_refused);
}

CONFORMANCE_CASE_PER_FAMILY(the_port_is_free_again_after_close) {
  const auto first =
      world.server().network().listen({world.server_address(family), 0}, net::ListenOptions{});
  REQUIRE_SUCCESS(first);
  const auto local = (*first)->local_endpoint();
  (*first)->close();
  const auto refused = co_await world.client().network().connect(local, net::kAnyEgress);
  CHECK_ERROR(refused, connection_refused);
  const auto second = world.server().network().listen(local, {});
  REQUIRE_SUCCESS(second);
}

CONFORMANCE_CASE(an_address_that_is_not_ours_cannot_be_listened_on) {
  const auto v4 = world.server().network().listen({*net::parse_address("192.0.2.99"), 0}, {});
  CHECK_ERROR(v4, address_not_available);
  const auto v6 = world.server().network().listen({*net::parse_address("2001:db8::99"), 0}, {});
  CHECK_ERROR(v6, address_not_available);
  co_return;
}

CONFORMANCE_CASE(an_ipv6_listener_takes_ipv4_only_where_it_is_asked_to) {
  const auto strict = world.server().network().listen({net::any_address(net::Family::v6), 0}, {});
  REQUIRE_SUCCESS(strict);
  const auto port = (*strict)->local_endpoint().port;
  const auto refused = co_await world.client().network().connect(
      {world.server_address(net::Family::v4), port}, net::kAnyEgress);
  CHECK_ERROR(refused, connection_refused);

  net::ListenOptions options;
  options.v6_only = false;
  const auto both =
      world.server().network().listen({net::any_address(net::Family::v6), 0}, options);
  REQUIRE_SUCCESS(both);
  const net::Endpoint remote{world.server_address(net::Family::v4), (*both)->local_endpoint().port};
  const auto client = co_await world.client().network().connect(remote, net::kAnyEgress);
  REQUIRE_SUCCESS(client);
  const auto server = co_await (*both)->accept();
  REQUIRE_SUCCESS(server);
  // RFC 4291 2.5.5.2: the client appears as an IPv4-mapped address.
  const auto seen = (*server)->remote_endpoint().address;
  BOOST_TEST(seen.is_v6());
  BOOST_TEST(net::unmapped(seen) == (*client)->local_endpoint().address);
}

CONFORMANCE_CASE_PER_FAMILY(close_ends_a_waiting_accept) {
  const auto listener =
      world.server().network().listen({world.server_address(family), 0}, net::ListenOptions{});
  REQUIRE_SUCCESS(listener);
  Running<net::StreamPtr> accepting(world.server(), (*listener)->accept());
  co_await pause(world, 10ms);
  BOOST_TEST(!accepting.done());
  (*listener)->close();
  const auto accepted = co_await accepting.result();
  CHECK_ERROR(accepted, operation_canceled);
  const auto later = co_await (*listener)->accept();
  CHECK_ERROR(later, operation_canceled);
}

CONFORMANCE_CASE(connections_wait_for_accept_in_their_order) {
  const auto listener = world.server().network().listen({world.server_address(net::Family::v4), 0},
                                                        net::ListenOptions{});
  REQUIRE_SUCCESS(listener);
  std::vector<net::StreamPtr> clients;
  for (int i = 0; i < 5; ++i) {
    auto client =
        co_await world.client().network().connect((*listener)->local_endpoint(), net::kAnyEgress);
    REQUIRE_SUCCESS(client);
    clients.push_back(std::move(*client));
  }
  for (const auto& client : clients) {
    const auto server = co_await (*listener)->accept();
    REQUIRE_SUCCESS(server);
    BOOST_TEST((*server)->remote_endpoint().port == client->local_endpoint().port);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
