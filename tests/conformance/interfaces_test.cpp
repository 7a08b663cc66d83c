// The host's interfaces, and word of their changes.
#include "engine/net/deadline.hpp"
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

#include <algorithm>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(interfaces)
namespace {

net::Interface find(World& world, const std::string& name) {
  const auto all = world.client().interfaces().list();
  REQUIRE_SUCCESS(all);
  const auto found = std::ranges::find(*all, name, &net::Interface::name);
  BOOST_REQUIRE_MESSAGE(found != all->end(), "no interface " << name);
  return *found;
}

bool has(const net::Interface& interface, const net::Prefix& address) {
  return std::ranges::count(interface.addresses, address) == 1;
}

CONFORMANCE_CASE(the_list_is_by_index_and_has_the_loopback) {
  const auto all = world.client().interfaces().list();
  REQUIRE_SUCCESS(all);
  BOOST_TEST(std::ranges::is_sorted(*all, {}, &net::Interface::index));
  const auto loopback = find(world, "lo");
  BOOST_TEST(loopback.loopback);
  BOOST_TEST(loopback.up);
  BOOST_TEST(loopback.index == 1u);
  BOOST_TEST(loopback.mtu == 65536u);
  BOOST_TEST(has(loopback, *net::parse_prefix("127.0.0.1/8")));
  BOOST_TEST(has(loopback, *net::parse_prefix("::1/128")));
  co_return;
}

CONFORMANCE_CASE(a_link_shows_its_addresses_with_their_prefixes) {
  NEEDS_LINKS();
  for (const auto& link : world.links()) {
    const auto interface = find(world, link.device);
    BOOST_TEST(interface.up);
    BOOST_TEST(interface.running);
    BOOST_TEST(!interface.loopback);
    BOOST_TEST(interface.mtu == 1500u);
    BOOST_TEST(has(interface, {link.v4, 24}));
    BOOST_TEST(has(interface, {link.v6, 64}));
  }
  co_return;
}

CONFORMANCE_CASE(an_interface_that_is_set_down_is_listed_as_down) {
  NEEDS_LINKS();
  const auto& link = world.links()[1];
  world.set_up(link, false);
  BOOST_TEST(!find(world, link.device).up);
  BOOST_TEST(!find(world, link.device).running);
  world.set_up(link, true);
  BOOST_TEST(find(world, link.device).up);
  co_return;
}

CONFORMANCE_CASE(a_watch_hears_of_a_link_and_of_an_address) {
  NEEDS_LINKS();
  const auto& link = world.links()[1];
  const auto made = world.client().interfaces().watch();
  REQUIRE_SUCCESS(made);
  auto& watch = **made;
  auto& clock = world.client().clock();
  // Changes are heard also where nobody waited for them.
  world.set_up(link, false);
  auto heard = co_await net::with_deadline(clock, clock.now() + 5s, as_result(watch.changed()));
  REQUIRE_SUCCESS(heard);
  BOOST_TEST(!find(world, link.device).up);

  co_await pause(world, 300ms);
  while (heard.has_value()) {  // what else came of it
    heard = co_await net::with_deadline(clock, clock.now() + 300ms, as_result(watch.changed()));
  }
  const auto& other = world.links()[0];
  const auto added = *net::parse_prefix("192.0.2.77/24");
  Running<std::size_t> waiting(world.client(), as_result(watch.changed()));
  co_await pause(world, 10ms);
  BOOST_TEST(!waiting.done());
  world.add_address(other, added);
  const auto told = co_await waiting.result();
  REQUIRE_SUCCESS(told);
  BOOST_TEST(has(find(world, other.device), added));
  world.remove_address(other, added);
  heard = co_await net::with_deadline(clock, clock.now() + 5s, as_result(watch.changed()));
  REQUIRE_SUCCESS(heard);
  BOOST_TEST(!has(find(world, other.device), added));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
