// Links are tested end to end: here in a simulated world, where all that can be missing is.
#include "engine/link/link_check.hpp"

#include "engine/link/link_spec.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/dns_server.hpp"
#include "sim/host/world.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(link_check)
namespace {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time
using Outcome = CheckStep::Outcome;

net::Address ip(const char* text) {
  return *net::parse_address(text);
}

// A laptop with a cable and a Wi-Fi, of which the cable's default route counts.
struct Laptop {
  explicit Laptop(sim::HostOptions options = {})
      : world(simulation),
        laptop(world.add_host("laptop", std::move(options))),
        www(world.add_host("www")),
        dns(www) {
    world.set_unknown_destination(sim::World::UnknownDestination::silent);
    attach(laptop, "eth0", {"192.0.2.2/24"}, 5ms);
    attach(laptop, "wlan0", {"198.51.100.2/24", "2001:db8:3::2/64"}, 20ms);
    attach(www, "eth0", {"203.0.113.10/24", "2001:db8:80::10/64"}, 0ms);
    laptop.set_nameservers({{ip("203.0.113.10"), 53}});
    www.spawn(dns.serve({ip("203.0.113.10"), 53}));
    dns.add("www.example", {ip("203.0.113.10"), ip("2001:db8:80::10")}, 60s);
    for (const auto family : {net::Family::v4, net::Family::v6}) www.spawn(serve(family));
  }
  ~Laptop() { simulation.drop_tasks(); }

  void attach(sim::Host& host, const char* interface, std::vector<const char*> addresses,
              net::Duration delay) {
    std::vector<net::Prefix> prefixes;
    for (const auto* each : addresses) prefixes.push_back(*net::parse_prefix(each));
    sim::DirectionOptions both;
    both.delay = delay;
    world.attach(host, interface, prefixes, sim::LinkOptions::symmetric(both));
  }

  // Answers whatever is asked with `answer`.
  net::Task<void> serve(net::Family family) {
    auto listener = www.network().listen({net::any_address(family), 80}, {}).value();
    for (;;) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      (void)co_await net::write_all(**stream, std::as_bytes(std::span(answer)), net::kNever);
    }
  }

  std::vector<LinkCheck> check(std::vector<std::string> links,
                               const char* target = "http://www.example/") {
    std::vector<LinkSpec> specs;
    for (const auto& each : links) specs.push_back(parse_link_spec(each));
    const auto made = make_links(specs, laptop.interfaces().list().value(), laptop.network());
    std::vector<LinkCheck> checks;
    const auto run = [&]() -> net::Task<void> {
      auto& router = dynamic_cast<net::Router&>(laptop.interfaces());
      CheckOptions options;
      options.targets = {parse_probe_spec(target)};
      checks = co_await run_link_checks(laptop, router, made, options);
    };
    laptop.spawn(run());
    simulation.run_for(60s);
    BOOST_REQUIRE(checks.size() == links.size());
    return checks;
  }

  std::string answer = "HTTP/1.1 204 No Content\r\n\r\n";
  sim::Simulation simulation{1};
  sim::World world;
  sim::Host& laptop;
  sim::Host& www;
  sim::DnsServer dns;
};

sim::HostOptions without_device_binding() {
  sim::HostOptions options;
  options.device_binding = false;
  options.source_routing = false;
  return options;
}

BOOST_AUTO_TEST_CASE(links_that_work_pass_each_step_for_each_of_their_addresses) {
  Laptop laptop;
  const auto checks = laptop.check({"eth0", "wlan0"});
  BOOST_TEST(checks[0].passed());
  BOOST_TEST(checks[1].passed());
  BOOST_TEST(checks[0].findings.empty());
  BOOST_TEST(checks[0].addresses.size() == 1U);
  BOOST_REQUIRE(checks[1].addresses.size() == 2U);
  for (const auto& address : checks[1].addresses) {
    BOOST_TEST(address.device == "wlan0");
    BOOST_TEST(address.route.text == "by wlan0");
    BOOST_TEST(address.names.text == "40 ms");
    BOOST_TEST(address.connect.text == "40 ms");
    BOOST_TEST((address.answer.outcome == Outcome::passed));
  }
}

BOOST_AUTO_TEST_CASE(only_the_cable_is_used_where_no_socket_is_bound_to_a_device) {
  Laptop laptop(without_device_binding());
  const auto checks = laptop.check({"eth0", "wlan0"});
  BOOST_TEST(checks[0].passed());
  BOOST_TEST(!checks[1].passed());
  const auto& found = checks[1].findings.front();
  BOOST_TEST(found.what.starts_with("packets from 198.51.100.2 leave by eth0 and not by wlan0"));
  BOOST_TEST(found.commands.back() == "ip rule add from 198.51.100.2 table 101");
  BOOST_TEST((checks[1].addresses[0].route.outcome == Outcome::failed));
  BOOST_TEST(checks[1].addresses[0].route.text == "by eth0");
}

BOOST_AUTO_TEST_CASE(a_captive_portal_is_told_from_a_link_that_works) {
  Laptop laptop;
  laptop.answer = "HTTP/1.1 302 Found\r\n\r\n";
  const auto checks = laptop.check({"eth0"});
  BOOST_TEST(!checks[0].passed());
  BOOST_TEST((checks[0].addresses[0].connect.outcome == Outcome::passed));
  BOOST_TEST((checks[0].addresses[0].answer.outcome == Outcome::failed));
  BOOST_TEST(checks[0].findings[0].what.find("a captive portal?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_dark_link_fails_in_the_time_that_each_step_has) {
  Laptop laptop;
  laptop.laptop.remove_route(*net::parse_prefix("0.0.0.0/0"), "eth0");
  const auto checks = laptop.check({"eth0", "wlan0"}, "http://203.0.113.99/");
  for (const auto& check : checks) {
    BOOST_TEST(!check.passed());
    BOOST_TEST((check.addresses[0].connect.outcome == Outcome::failed));
    BOOST_TEST(check.findings.back().what.find("no answer in time") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(names_that_only_other_links_can_look_up_are_a_warning) {
  Laptop laptop;
  // The name servers answer nobody who comes from there.
  laptop.laptop.set_nameservers({{ip("203.0.113.99"), 53}});
  laptop.laptop.add_host_name("www.example", {ip("203.0.113.10")});
  const auto known = laptop.check({"eth0"});
  BOOST_TEST(known[0].passed());
  const auto unknown = laptop.check({"eth0"}, "http://other.example/");
  BOOST_TEST((unknown[0].addresses[0].names.outcome == Outcome::warned));
}

BOOST_AUTO_TEST_CASE(a_link_without_a_carrier_says_so) {
  Laptop laptop;
  laptop.laptop.set_carrier("wlan0", false);
  const auto checks = laptop.check({"wlan0"});
  BOOST_TEST(!checks[0].passed());
  BOOST_TEST(checks[0].findings[0].what == "wlan0 has no carrier");
}

BOOST_AUTO_TEST_CASE(of_a_proxy_it_is_asked_whether_it_can_be_reached) {
  Laptop laptop;
  const auto checks =
      laptop.check({"socks5://203.0.113.10:80,via=wlan0", "http://203.0.113.10:81"});
  BOOST_TEST(checks[0].passed());
  BOOST_TEST(checks[0].addresses[0].connect.text == "40 ms");
  BOOST_TEST(!checks[1].passed());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link
