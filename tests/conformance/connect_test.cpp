// Opening connections: by which way they go, and how they fail.
#include "engine/net/deadline.hpp"
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(connecting)
namespace {

CONFORMANCE_CASE_PER_FAMILY(both_ends_know_both_addresses) {
  const auto pair = co_await connect_pair(world, family);
  BOOST_TEST(to_string(pair.client->local_endpoint()) == to_string(pair.server->remote_endpoint()));
  BOOST_TEST(to_string(pair.client->remote_endpoint()) == to_string(pair.server->local_endpoint()));
  BOOST_TEST(pair.client->remote_endpoint().address == world.server_address(family));
  BOOST_TEST(pair.client->local_endpoint().port != 0);
}

CONFORMANCE_CASE_PER_FAMILY(a_closed_port_refuses) {
  const auto stream =
      co_await world.client().network().connect({world.server_address(family), 1}, net::kAnyEgress);
  CHECK_ERROR(stream, connection_refused);
}

CONFORMANCE_CASE_PER_FAMILY(a_destination_without_a_route_is_unreachable_at_once) {
  NEEDS_LINKS();
  const auto before = world.client().clock().now();
  const auto stream = co_await world.client().network().connect(
      {world.unrouted_address(family), 80}, net::kAnyEgress);
  CHECK_ERROR(stream, network_unreachable);
  BOOST_TEST((world.client().clock().now() - before < 1s));
}

CONFORMANCE_CASE_PER_FAMILY(a_destination_that_is_silent_leaves_connect_pending) {
  NEEDS_LINKS();
  const auto& clock = world.client().clock();
  const auto stream = co_await net::with_deadline(
      world.client().clock(), clock.now() + 300ms,
      world.client().network().connect({world.dark_address(family), 80}, net::kAnyEgress));
  CHECK_ERROR(stream, timed_out);
}

CONFORMANCE_CASE_PER_FAMILY(a_bound_source_is_what_the_server_sees) {
  for (const auto& link : world.links()) {
    net::Egress egress;
    egress.source = link.address(family);
    const auto pair = co_await connect_pair(world, family, egress);
    BOOST_TEST(pair.server->remote_endpoint().address == link.address(family));
    const auto error = co_await net::write_all(*pair.client, bytes_of("hello"));
    BOOST_TEST(!error);
  }
}

CONFORMANCE_CASE_PER_FAMILY(a_bound_device_decides_the_source) {
  NEEDS_LINKS();
  BOOST_TEST_REQUIRE(world.client().network().can_bind_to_device());
  for (const auto& link : world.links()) {
    net::Egress egress;
    egress.device = link.device;
    const auto pair = co_await connect_pair(world, family, egress);
    BOOST_TEST(pair.server->remote_endpoint().address == link.address(family));
  }
}

CONFORMANCE_CASE_PER_FAMILY(source_and_device_go_together) {
  NEEDS_LINKS();
  net::Egress egress;
  egress.source = world.links()[1].address(family);
  egress.device = world.links()[1].device;
  const auto pair = co_await connect_pair(world, family, egress);
  BOOST_TEST(pair.server->remote_endpoint().address == *egress.source);
}

CONFORMANCE_CASE(a_source_that_is_not_ours_is_not_available) {
  net::Egress egress;
  egress.source = *net::parse_address("192.0.2.99");
  const auto v4 = co_await world.client().network().connect(
      {world.server_address(net::Family::v4), 80}, egress);
  CHECK_ERROR(v4, address_not_available);
  egress.source = *net::parse_address("2001:db8::99");
  const auto v6 = co_await world.client().network().connect(
      {world.server_address(net::Family::v6), 80}, egress);
  CHECK_ERROR(v6, address_not_available);
}

CONFORMANCE_CASE(a_source_of_the_other_family_is_not_supported) {
  net::Egress egress;
  egress.source = world.links()[0].v6;
  const auto to_v4 = co_await world.client().network().connect(
      {world.server_address(net::Family::v4), 80}, egress);
  CHECK_ERROR(to_v4, address_family_not_supported);
  egress.source = world.links()[0].v4;
  const auto to_v6 = co_await world.client().network().connect(
      {world.server_address(net::Family::v6), 80}, egress);
  CHECK_ERROR(to_v6, address_family_not_supported);
}

CONFORMANCE_CASE(a_device_that_is_not_there_is_no_such_device) {
  NEEDS_LINKS();
  for (const auto* name : {"wan7", "a-name-longer-than-interfaces-have"}) {
    net::Egress egress;
    egress.device = name;
    const auto stream = co_await world.client().network().connect(
        {world.server_address(net::Family::v4), 80}, egress);
    CHECK_ERROR(stream, no_such_device);
  }
}

CONFORMANCE_CASE(many_connections_at_once_are_told_apart) {
  constexpr std::uint8_t kConnections = 50;
  const auto listener = world.server().network().listen({world.server_address(net::Family::v4), 0},
                                                        net::ListenOptions{});
  REQUIRE_SUCCESS(listener);
  std::vector<std::unique_ptr<Running<net::StreamPtr>>> dials;
  for (int i = 0; i < kConnections; ++i) {
    auto dial = world.client().network().connect((*listener)->local_endpoint(), net::kAnyEgress);
    dials.push_back(std::make_unique<Running<net::StreamPtr>>(world.client(), std::move(dial)));
  }
  std::vector<net::StreamPtr> accepted;
  for (int i = 0; i < kConnections; ++i) {
    auto stream = co_await (*listener)->accept();
    REQUIRE_SUCCESS(stream);
    accepted.push_back(std::move(*stream));
  }
  std::map<std::uint16_t, net::StreamPtr> clients;  // by port
  for (auto& dial : dials) {
    auto stream = co_await dial->result();
    REQUIRE_SUCCESS(stream);
    const auto port = (*stream)->local_endpoint().port;
    clients[port] = std::move(*stream);
  }
  BOOST_TEST(clients.size() == kConnections);
  for (const auto& server : accepted) {
    const auto port = server->remote_endpoint().port;
    const auto text = std::to_string(port);
    const auto error = co_await net::write_all(*server, bytes_of(text));
    BOOST_TEST_REQUIRE(!error);
    std::vector<std::byte> buffer(text.size());
    BOOST_TEST_REQUIRE(clients.contains(port));
    const auto got = co_await net::read_full(*clients[port], buffer);
    REQUIRE_SUCCESS(got);
    BOOST_TEST(std::ranges::equal(buffer, bytes_of(text)));
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
