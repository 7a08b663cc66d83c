// What a program sees behind a captive portal.
#include "sim/host/captive_portal.hpp"

#include "sim/host/dns_server.hpp"
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(captive_portal)
namespace {

constexpr net::Duration kRtt = 40ms;
const auto kPortal = address("198.51.100.80");
const auto kPortalV6 = address("2001:db8:80::80");
constexpr std::size_t kPortalBytes = 7;
constexpr std::size_t kServerBytes = 1000;

// Portal and server are told apart by how much they say.
struct Hotel : TwoHosts {
  Hotel()
      : TwoHosts(LinkOptions::symmetric(direction(DataRate::unlimited(), kRtt / 2))),
        portal(world.add_host("portal")),
        names(portal) {
    world.attach(portal, "eth0", {{kPortal, 24}, {kPortalV6, 64}}, {});
    names.set_every_other({kPortal, kPortalV6});
    for (const auto& own : {kPortal, kPortalV6}) {
      portal.spawn(serve_bytes(portal, {own, 80}, kPortalBytes));
      portal.spawn(names.serve({own, 53}));
    }
    for (const auto& each : {kServer, kServerV6, endpoint("203.0.113.10:443")}) {
      server.spawn(serve_bytes(server, each, kServerBytes));
    }
    client.set_nameservers({endpoint("203.0.113.53:53")});  // there is none
    sign_out(true);
    simulation.run_for(1ms);
  }
  void sign_out(bool refuses_others) {
    world.set_portal(link, CaptivePortalOptions{kPortal, kPortalV6, refuses_others});
  }
  std::size_t bytes_from(const net::Endpoint& to) {
    const auto got = result_of(simulation, download(client, to));
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    return *got;
  }

  Host& portal;
  DnsServer names;
};

BOOST_AUTO_TEST_CASE(every_page_is_the_portals_until_somebody_signs_in) {
  Hotel hotel;
  BOOST_TEST(hotel.bytes_from(kServer) == kPortalBytes);
  BOOST_TEST(hotel.bytes_from(kServerV6) == kPortalBytes);
  BOOST_TEST(hotel.bytes_from({kPortal, 80}) == kPortalBytes);
  hotel.world.set_portal(hotel.link, std::nullopt);
  BOOST_TEST(hotel.bytes_from(kServer) == kServerBytes);
  BOOST_TEST(hotel.bytes_from(kServerV6) == kServerBytes);
}

BOOST_AUTO_TEST_CASE(every_name_is_the_portals_whoever_is_asked) {
  Hotel hotel;
  const net::ResolveQuery query{"www.example", true, false, {}};
  const auto got = result_of(hotel.simulation, hotel.client.resolver().resolve(query));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST((got->front() == net::ResolvedAddress{kPortal, 0s}));
}

BOOST_AUTO_TEST_CASE(all_else_is_refused_after_a_round_trip_or_dropped) {
  Hotel hotel;
  const auto https = endpoint("203.0.113.10:443");
  const auto began = hotel.simulation.now();
  const auto refused = result_of(hotel.simulation, connect_status(hotel.client, https));
  BOOST_TEST(refused.value() == ECONNREFUSED);
  BOOST_TEST((hotel.simulation.now() - began == kRtt));
  hotel.sign_out(false);
  const auto dropped = result_of(hotel.simulation, connect_status(hotel.client, https));
  BOOST_TEST(dropped.value() == ETIMEDOUT);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
