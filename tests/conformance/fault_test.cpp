// A link fails under a connection: what programs see (measured on Linux, faults at the interface).
#include "engine/net/deadline.hpp"
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

#include <array>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(faults)
namespace {

net::Egress by_device(const Link& link) {
  net::Egress egress;
  egress.device = link.device;
  return egress;
}

// The connection is silent and takes what is written, whatever happened to its path.
net::Task<void> is_silent(World& world, const Pair& pair) {
  auto& clock = world.client().clock();
  const auto written = co_await pair.client->write_some(bytes_of("are you there?"));
  REQUIRE_SUCCESS(written);
  std::array<std::byte, 20> buffer;
  const auto got =
      co_await net::with_deadline(clock, clock.now() + 500ms, pair.client->read_some(buffer));
  CHECK_ERROR(got, timed_out);
}

CONFORMANCE_CASE_PER_FAMILY(a_dark_path_is_silent_and_what_was_written_arrives_when_it_heals) {
  NEEDS_LINKS();
  const auto& link = world.links()[0];
  const auto pair = co_await connect_pair(world, family);
  world.set_dark(link, true);
  co_await is_silent(world, pair);
  world.set_dark(link, false);
  std::array<std::byte, 14> buffer;
  auto& clock = world.client().clock();
  const auto got =
      co_await net::with_deadline(clock, clock.now() + 20s, net::read_full(*pair.server, buffer));
  REQUIRE_SUCCESS(got);
  BOOST_TEST(std::ranges::equal(buffer, bytes_of("are you there?")));
}

CONFORMANCE_CASE_PER_FAMILY(the_other_link_works_while_one_is_dark) {
  NEEDS_LINKS();
  world.set_dark(world.links()[0], true);
  net::Egress egress;
  egress.source = world.links()[1].address(family);
  const auto pair = co_await connect_pair(world, family, egress);
  BOOST_TEST(pair.server->remote_endpoint().address == *egress.source);
}

CONFORMANCE_CASE(with_the_interface_down_the_connection_is_silent_and_new_ones_are_unreachable) {
  NEEDS_LINKS();
  const auto& link = world.links()[1];
  const auto pair = co_await connect_pair(world, net::Family::v4, by_device(link));
  const auto remote = pair.client->remote_endpoint();
  world.set_up(link, false);
  co_await is_silent(world, pair);
  const auto bound = co_await world.client().network().connect(remote, by_device(link));
  CHECK_ERROR(bound, network_unreachable);
  world.set_up(world.links()[0], false);
  const auto plain = co_await world.client().network().connect(remote, net::kAnyEgress);
  CHECK_ERROR(plain, network_unreachable);
}

CONFORMANCE_CASE(without_its_address_a_source_is_not_available) {
  NEEDS_LINKS();
  const auto& link = world.links()[1];
  const net::Prefix own{link.v4, 24};
  net::Egress egress;
  egress.source = link.v4;
  const auto pair = co_await connect_pair(world, net::Family::v4, egress);
  world.remove_address(link, own);
  const auto gone = co_await world.client().network().connect(
      {world.server_address(net::Family::v4), 80}, egress);
  CHECK_ERROR(gone, address_not_available);
  co_await is_silent(world, pair);
  world.set_up(link, true);  // and with it all that belongs to it
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
