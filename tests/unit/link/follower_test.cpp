// Links and the interfaces that they go by, on a simulated laptop.
#include "engine/link/follower.hpp"

#include "engine/link/policy/smooth_weighted_round_robin.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(link_follower)
namespace {

struct Laptop {
  explicit Laptop(std::vector<std::string> arguments)
      : simulation(1), world(simulation), host(world.add_host("laptop")) {
    attach("eth0", {"192.0.2.7/24", "2001:db8::7/64"});
    attach("wlan0", {"198.51.100.9/24"});
    std::vector<LinkSpec> specs;
    for (const auto& argument : arguments) specs.push_back(parse_link_spec(argument));
    links.emplace(make_links(specs, host.interfaces().list().value(), host.network()),
                  [] { return std::make_unique<SmoothWeightedRoundRobin>(); });
    follower.emplace(host, *links, automatic_spec(specs));
    host.spawn(follower->run());
    settle();
  }
  ~Laptop() { simulation.drop_tasks(); }
  Laptop(const Laptop&) = delete;
  Laptop& operator=(const Laptop&) = delete;

  void attach(const char* interface, std::vector<const char*> addresses) {
    std::vector<net::Prefix> prefixes;
    for (const auto* each : addresses) prefixes.push_back(net::parse_prefix(each).value());
    world.attach(host, interface, prefixes, sim::LinkOptions());
  }
  void settle() { simulation.run_for(std::chrono::milliseconds(1)); }

  // "eth0 192.0.2.7 2001:db8::7; wlan0 -": each link and its addresses.
  std::string now() {
    settle();
    std::string text;
    for (const auto* link : links->links()) {
      text += (text.empty() ? "" : "; ") + link->name();
      const auto presence = link->presence();
      for (const auto* egress : {&presence.v4, &presence.v6}) {
        if (*egress) text += " " + (*egress)->source->to_string();
      }
      if (!presence.any()) text += " -";
    }
    return text;
  }
  std::string reason(std::size_t index) {
    settle();
    return links->links()[index]->standing().reason;
  }

  sim::Simulation simulation;
  sim::World world;
  sim::Host& host;
  std::optional<LinkSet> links;
  std::optional<LinkFollower> follower;
};

net::Address ip(const char* text) {
  return net::parse_address(text).value();
}
net::Prefix prefix(const char* text) {
  return net::parse_prefix(text).value();
}

BOOST_AUTO_TEST_CASE(a_link_goes_by_the_address_that_its_interface_has_now) {
  Laptop laptop({"eth0", "wlan0"});
  laptop.host.remove_address("wlan0", ip("198.51.100.9"));
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7; wlan0 -");
  BOOST_TEST(laptop.reason(1) == "wlan0 has no address that connections can come from");
  laptop.host.add_address("wlan0", prefix("198.51.100.23/24"));
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7; wlan0 198.51.100.23");
  BOOST_TEST(laptop.reason(1) == "");
}

BOOST_AUTO_TEST_CASE(another_address_beside_the_old_one_changes_nothing) {
  Laptop laptop({"wlan0"});
  laptop.host.add_address("wlan0", prefix("198.51.100.3/24"));
  BOOST_TEST(laptop.now() == "wlan0 198.51.100.9");
  laptop.host.remove_address("wlan0", ip("198.51.100.9"));
  BOOST_TEST(laptop.now() == "wlan0 198.51.100.3");
}

BOOST_AUTO_TEST_CASE(a_family_comes_and_goes_by_itself) {
  Laptop laptop({"eth0"});
  laptop.host.remove_address("eth0", ip("2001:db8::7"));
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7");
  BOOST_TEST(!laptop.links->serves(net::Family::v6));
  laptop.host.add_address("eth0", prefix("2001:db8::8/64"));
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::8");
}

BOOST_AUTO_TEST_CASE(an_interface_that_is_down_or_without_a_carrier_is_no_way_out) {
  Laptop laptop({"eth0"});
  laptop.host.set_interface_up("eth0", false);
  BOOST_TEST(laptop.reason(0) == "eth0 is down");
  laptop.host.set_interface_up("eth0", true);
  laptop.host.set_carrier("eth0", false);
  BOOST_TEST(laptop.reason(0) == "eth0 has no carrier");
  laptop.host.set_carrier("eth0", true);
  BOOST_TEST(laptop.reason(0) == "");
  BOOST_TEST((laptop.links->links()[0]->health() == Health::up));
}

BOOST_AUTO_TEST_CASE(an_interface_that_was_named_may_vanish_and_come_back) {
  Laptop laptop({"eth0", "wlan0"});
  laptop.host.unplug("wlan0");
  BOOST_TEST(laptop.reason(1) == "there is no interface wlan0");
  laptop.host.plug_in("wlan0");
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7; wlan0 198.51.100.9");
}

BOOST_AUTO_TEST_CASE(an_interface_may_come_later) {
  Laptop laptop({"eth0", "usb0/3,later"});
  BOOST_TEST(laptop.reason(1) == "there is no interface usb0");
  BOOST_TEST((laptop.links->links()[1]->health() == Health::down));
  laptop.attach("usb0", {"203.0.113.3/24"});
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7; usb0 203.0.113.3");
  BOOST_TEST(laptop.links->links()[1]->weight() == 3u);
}

BOOST_AUTO_TEST_CASE(an_address_is_followed_from_interface_to_interface) {
  Laptop laptop({"198.51.100.9"});
  laptop.host.remove_address("wlan0", ip("198.51.100.9"));
  BOOST_TEST(laptop.reason(0) == "no interface has the address 198.51.100.9");
  laptop.host.add_address("eth0", prefix("198.51.100.9/24"));
  BOOST_TEST(laptop.now() == "198.51.100.9 198.51.100.9");
  BOOST_TEST(laptop.links->links()[0]->egress(net::Family::v4)->device == "eth0");
}

BOOST_AUTO_TEST_CASE(with_auto_every_usable_interface_is_taken_as_it_comes) {
  Laptop laptop({"eth0/5", "auto/2"});
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7; wlan0 198.51.100.9");
  laptop.attach("usb0", {});
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7; wlan0 198.51.100.9");
  laptop.host.add_address("usb0", prefix("203.0.113.3/24"));
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7; wlan0 198.51.100.9; usb0 203.0.113.3");
  BOOST_TEST(laptop.links->links()[2]->weight() == 2u);
  laptop.host.unplug("wlan0");
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7; usb0 203.0.113.3");
  laptop.host.unplug("eth0");
  BOOST_TEST(laptop.now() == "eth0 -; usb0 203.0.113.3");
}

BOOST_AUTO_TEST_CASE(auto_may_be_given_up_and_taken_up_while_it_runs) {
  Laptop laptop({"eth0", "auto"});
  laptop.follower->renew(std::nullopt);
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7");
  laptop.follower->renew(parse_link_spec("auto/4"));
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7; wlan0 198.51.100.9");
  laptop.follower->renew(parse_link_spec("auto/6"));
  BOOST_TEST(laptop.links->links()[1]->weight() == 6u);
}

BOOST_AUTO_TEST_CASE(an_interface_that_is_named_while_it_runs_is_no_longer_automatic) {
  Laptop laptop({"eth0", "auto"});
  auto named = make_links(std::vector{parse_link_spec("wlan0/9")},
                          laptop.host.interfaces().list().value(), laptop.host.network());
  laptop.links->add(std::move(named.front()));
  laptop.follower->renew(parse_link_spec("auto"));
  BOOST_TEST(laptop.now() == "eth0 192.0.2.7 2001:db8::7; wlan0 198.51.100.9");
  BOOST_TEST(laptop.links->links()[1]->weight() == 9u);
}

BOOST_AUTO_TEST_CASE(auto_passes_over_the_interface_of_an_address_that_is_a_link) {
  Laptop laptop({"192.0.2.7", "auto"});
  BOOST_TEST(laptop.now() == "192.0.2.7 192.0.2.7; wlan0 198.51.100.9");
}

BOOST_AUTO_TEST_CASE(a_link_through_a_proxy_follows_the_interface_that_leads_there) {
  Laptop laptop({"socks5://203.0.113.80:1080,via=wlan0"});
  auto& link = *laptop.links->links()[0];
  laptop.host.unplug("wlan0");
  BOOST_TEST(laptop.reason(0) == "there is no interface wlan0");
  BOOST_TEST((link.health() == Health::down));
  laptop.host.plug_in("wlan0");
  laptop.settle();
  BOOST_TEST((link.health() == Health::up));
  BOOST_TEST(link.via().egress(net::Family::v4)->source->to_string() == "198.51.100.9");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link
