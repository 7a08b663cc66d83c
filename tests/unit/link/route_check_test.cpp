// What is said of routes that do not lead a link's packets out by the link.
#include "engine/link/route_check.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(route_check)
namespace {

using net::ReversePathFilter;
using Commands = std::vector<std::string>;

net::Address address(const char* text) {
  return *net::parse_address(text);
}
net::Route route(const char* to, const char* device, const char* gateway = nullptr,
                 std::uint32_t table = 254) {
  net::Route route{*net::parse_prefix(to), device, {}, table};
  if (gateway != nullptr) route.gateway = address(gateway);
  return route;
}
net::RoutePath path(const char* device, const char* gateway) {
  return {device, address(gateway)};
}
net::Interface interface(const char* name, std::vector<const char*> prefixes) {
  net::Interface interface;
  interface.name = name;
  for (const auto* each : prefixes) interface.addresses.push_back(*net::parse_prefix(each));
  return interface;
}

// A cable and a Wi-Fi, both with a default route, of which the cable's counts.
struct Laptop {
  net::Routing routing{{route("0.0.0.0/0", "eth0", "192.168.1.1"), route("192.168.1.0/24", "eth0"),
                        route("0.0.0.0/0", "wlan0", "10.0.0.1"), route("10.0.0.0/24", "wlan0")},
                       {{{}, 254}}};
  std::vector<net::Interface> interfaces{interface("eth0", {"192.168.1.7/24"}),
                                         interface("wlan0", {"10.0.0.7/24"})};
  // Of the Wi-Fi.
  RouteFacts facts{address("10.0.0.7"),
                   "wlan0",
                   false,
                   path("eth0", "192.168.1.1"),
                   path("wlan0", "10.0.0.1"),
                   ReversePathFilter::off,
                   address("203.0.113.10")};

  std::vector<Finding> judge() { return RouteAdvisor(routing, interfaces).judge(facts); }
  // The only one.
  Finding found() {
    const auto findings = judge();
    BOOST_REQUIRE(findings.size() == 1U);
    return findings.front();
  }
};

BOOST_AUTO_TEST_CASE(packets_that_leave_by_another_interface_get_a_table_and_a_rule) {
  Laptop laptop;
  const auto found = laptop.found();
  BOOST_TEST(found.what.starts_with(
      "packets from 10.0.0.7 leave by eth0 (to 192.168.1.1) and not by wlan0"));
  BOOST_TEST(found.commands ==
             (Commands{"ip route replace default via 10.0.0.1 dev wlan0 table 101",
                       "ip rule add from 10.0.0.7 table 101"}));
}

BOOST_AUTO_TEST_CASE(where_sockets_are_bound_to_the_device_the_rest_does_not_matter) {
  Laptop laptop;
  laptop.facts.bound_to_device = true;
  BOOST_TEST(laptop.judge().empty());
  laptop.facts.filter = ReversePathFilter::loose;
  BOOST_TEST(laptop.judge().empty());
}

BOOST_AUTO_TEST_CASE(a_strict_filter_drops_what_comes_back_to_a_bound_socket) {
  Laptop laptop;
  laptop.facts.bound_to_device = true;
  laptop.facts.filter = ReversePathFilter::strict;
  const auto found = laptop.found();
  BOOST_TEST(found.what.find("reverse path filter is strict") != std::string::npos);
  BOOST_TEST(found.commands == Commands{"sysctl -w net.ipv4.conf.wlan0.rp_filter=2"});
  laptop.facts.by_source = laptop.facts.by_device;  // a rule says so
  BOOST_TEST(laptop.judge().empty());
}

BOOST_AUTO_TEST_CASE(a_device_without_a_default_route_gets_one) {
  Laptop laptop;
  laptop.facts.bound_to_device = true;
  laptop.routing.routes.erase(laptop.routing.routes.begin() + 2);
  laptop.facts.by_device = net::RoutePath{"wlan0"};  // as if the target were on that network
  const auto found = laptop.found();
  BOOST_TEST(found.what == "no route leads to 203.0.113.10 by wlan0");
  BOOST_TEST(found.commands == Commands{"ip route add default via GATEWAY dev wlan0 metric 1000"});
  laptop.facts.target = address("10.0.0.99");  // and there it is
  BOOST_TEST(laptop.judge().empty());
}

BOOST_AUTO_TEST_CASE(tables_that_are_taken_are_left_alone_and_each_address_gets_its_own) {
  Laptop laptop;
  laptop.routing.routes.push_back(route("0.0.0.0/0", "tun0", nullptr, 101));
  laptop.routing.rules.push_back({{}, 102});
  RouteAdvisor advisor(laptop.routing, laptop.interfaces);
  BOOST_TEST(advisor.judge(laptop.facts).front().commands.back() ==
             "ip rule add from 10.0.0.7 table 103");
  BOOST_TEST(advisor.judge(laptop.facts).front().commands.back() ==
             "ip rule add from 10.0.0.7 table 104");
}

BOOST_AUTO_TEST_CASE(a_rule_whose_table_leads_nowhere_keeps_its_table) {
  Laptop laptop;
  laptop.routing.rules.push_back({*net::parse_prefix("10.0.0.7/32"), 7});
  BOOST_TEST(laptop.found().commands ==
             Commands{"ip route replace default via 10.0.0.1 dev wlan0 table 7"});
}

BOOST_AUTO_TEST_CASE(a_line_without_a_gateway_needs_none) {
  Laptop laptop;
  laptop.routing.routes[2].gateway.reset();
  BOOST_TEST(laptop.found().commands.front() == "ip route replace default dev wlan0 table 101");
}

BOOST_AUTO_TEST_CASE(no_route_at_all_is_said) {
  Laptop laptop;
  laptop.facts.by_source.reset();
  laptop.facts.by_device.reset();
  BOOST_TEST(laptop.found().what == "no route leads to 203.0.113.10 from 10.0.0.7");
}

BOOST_AUTO_TEST_CASE(an_ipv6_address_gets_commands_of_ipv6) {
  Laptop laptop;
  laptop.routing.routes.push_back(route("::/0", "wlan0", "fe80::1"));
  laptop.interfaces[1].addresses.push_back(*net::parse_prefix("2001:db8::7/64"));
  laptop.facts.source = address("2001:db8::7");
  laptop.facts.target = address("2001:db8:1::1");
  laptop.facts.by_source = path("eth0", "fe80::2");
  BOOST_TEST(laptop.found().commands ==
             (Commands{"ip -6 route replace default via fe80::1 dev wlan0 table 101",
                       "ip -6 rule add from 2001:db8::7 table 101"}));
}

BOOST_AUTO_TEST_CASE(two_networks_on_one_interface_need_a_gateway_each) {
  Laptop laptop;
  laptop.routing.routes.push_back(route("0.0.0.0/0", "eth0", "172.16.0.1"));
  laptop.interfaces[0].addresses.push_back(*net::parse_prefix("172.16.0.7/24"));
  laptop.facts.source = address("172.16.0.7");
  laptop.facts.device = "eth0";
  laptop.facts.bound_to_device = true;
  laptop.facts.by_device = path("eth0", "192.168.1.1");
  const auto found = laptop.found();
  BOOST_TEST((found.severity == Severity::warning));
  BOOST_TEST(found.what == "packets from 172.16.0.7 go to 192.168.1.1, the gateway of 192.168.1.7");
  BOOST_TEST(found.commands ==
             (Commands{"ip route replace default via 172.16.0.1 dev eth0 table 101",
                       "ip rule add from 172.16.0.7 table 101"}));
  laptop.facts.by_device = path("eth0", "172.16.0.1");
  BOOST_TEST(laptop.judge().empty());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link
