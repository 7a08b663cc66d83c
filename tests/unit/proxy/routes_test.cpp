// Which way rules send a target, and what the host keeps to itself.

#include "tests/unit/proxy/dial_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(routes)
namespace {

namespace errc = boost::system::errc;

DialOptions with(std::vector<std::string> rules) {
  DialOptions options;
  for (const auto& each : rules) options.routes.push_back(parse_route_rule(each));
  return options;
}

struct RoutedWorld : DialWorld {
  explicit RoutedWorld(std::vector<std::string> rules,
                       std::vector<std::string> arguments = {"wifi", "lte"})
      : DialWorld(std::move(arguments), with(std::move(rules))) {
    dns.add("rebound.example", {ip("127.0.0.1")}, 60s);
    dns.add("own.example", {ip("192.0.2.2")}, 60s);
    dns.add("local.example", {ip("169.254.1.1")}, 60s);
    for (const auto family : {net::Family::v4, net::Family::v6}) {
      laptop.spawn(serve_here(*this, family));
    }
  }

  // Something listens on the laptop itself.
  static net::Task<void> serve_here(RoutedWorld& self, net::Family family) {
    auto listener = self.laptop.network().listen({net::any_address(family), 80}, {}).value();
    for (;;) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      self.laptop.spawn(hold(std::move(*stream)));
    }
  }

  std::string way(const Target& target) { return dial(target).link(); }
  net::Error error(const Target& target) { return dial(target).error; }
  std::uint64_t dials(std::size_t link) { return links->links()[link]->counters().dials; }
};

BOOST_AUTO_TEST_CASE(the_first_rule_that_fits_counts) {
  RoutedWorld world({"203.0.113.10:81=refuse", "203.0.113.0/24=lte", "*=refuse"});
  BOOST_TEST(world.way(literal(DialWorld::kWww4)) == "lte");
  BOOST_TEST((world.error(literal(DialWorld::kWww4, 81)) == errc::permission_denied));
  BOOST_TEST((world.error(literal(DialWorld::kWww6)) == errc::permission_denied));
}

BOOST_AUTO_TEST_CASE(rules_can_be_replaced_and_wrong_ones_change_nothing) {
  RoutedWorld world({"203.0.113.10=refuse"});
  auto& routes = world.dialer->routes();
  BOOST_CHECK_THROW(routes.replace({parse_route_rule("*=elsewhere")}), net::ConfigError);
  BOOST_TEST((world.error(literal(DialWorld::kWww4)) == RouteError::refused));
  routes.replace({parse_route_rule("203.0.113.10=lte")});
  for (int i = 0; i < 2; ++i) BOOST_TEST(world.way(literal(DialWorld::kWww4)) == "lte");
}

BOOST_AUTO_TEST_CASE(a_refused_target_is_neither_looked_up_nor_dialled) {
  RoutedWorld world({".example=refuse", "10.0.0.0/8=refuse"});
  const auto outcome = world.dial(name("WWW.Both.Example."));
  BOOST_TEST((outcome.error == RouteError::refused));
  BOOST_TEST((outcome.took == 0ms));
  BOOST_TEST((world.error(literal("10.9.8.7")) == RouteError::refused));
  BOOST_TEST((world.error(literal("::ffff:10.9.8.7")) == RouteError::refused));
  BOOST_TEST(world.spy.operations.empty());
}

BOOST_AUTO_TEST_CASE(a_rules_link_takes_no_turn_of_the_others) {
  RoutedWorld world({".example=lte"});
  std::string links;
  for (int i = 0; i < 4; ++i) {
    links += world.way(literal(DialWorld::kWww4)) + " " + world.way(name("v4.example")) + " ";
  }
  BOOST_TEST(links == "wifi lte lte lte wifi lte lte lte ");
}

BOOST_AUTO_TEST_CASE(a_rules_link_is_not_helped_by_others) {
  RoutedWorld world({".example=wifi"});
  world.line("wifi").set_state(sim::LinkState::blackhole);
  const auto outcome = world.dial(name("v4.example"));
  BOOST_TEST(!outcome.dialed.has_value());
  for (const auto& connect : world.spy.connects()) BOOST_TEST(connect.way == "wifi");
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_rules_link_that_has_not_the_family_is_told) {
  RoutedWorld world({"*=old"}, {"old", "wifi"});
  BOOST_TEST((world.error(literal(DialWorld::kWww6)) == errc::address_family_not_supported));
  BOOST_TEST(world.way(name("both.example")) == "old");
}

BOOST_AUTO_TEST_CASE(direct_goes_by_the_hosts_own_routes_and_is_counted_apart) {
  RoutedWorld world({"203.0.113.0/24=direct", ".example=direct"});
  BOOST_TEST(world.way(literal(DialWorld::kWww4)) == "direct");
  BOOST_TEST(world.way(name("v6.example")) == "direct");
  for (const auto& operation : world.spy.operations) BOOST_TEST(operation.way == "any");
  BOOST_TEST(world.dialer->routes().direct().counters().connections == 2u);
  BOOST_TEST((world.dials(0) == 0u && world.dials(1) == 0u));
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_rule_of_addresses_holds_for_what_a_name_resolves_to) {
  RoutedWorld world({"203.0.113.10=refuse"});
  const auto outcome = world.dial(name("v4.example"));
  BOOST_TEST((outcome.error == RouteError::refused));
  BOOST_TEST(world.spy.connects().empty());
  // The addresses that are left are tried.
  BOOST_TEST(world.dial(name("both.example")).remote() == DialWorld::kWww6);
  for (const auto& connect : world.spy.connects()) {
    BOOST_TEST(connect.what == "[2001:db8:80::10]:80");
  }
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(an_address_of_a_name_goes_the_way_of_its_rule) {
  RoutedWorld world({"203.0.113.0/24=direct"});
  BOOST_TEST(world.way(name("v4.example")) == "direct");
  // Nothing came of the turn: it is the next one's.
  BOOST_TEST(world.way(literal(DialWorld::kWww6)) == "wifi");
  BOOST_TEST(world.dials(0) == 1u);
}

BOOST_AUTO_TEST_CASE(an_address_of_a_name_goes_by_its_rules_link_or_by_turns) {
  RoutedWorld link({"203.0.113.0/24=lte"});
  BOOST_TEST(link.way(name("v4.example")) == "lte");
  RoutedWorld turns({"203.0.113.0/24=dispatch", ".example=direct"});
  BOOST_TEST(turns.way(name("v4.example")) == "wifi");
  BOOST_TEST(turns.way(name("v6.example")) == "direct");
  turns.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_list_of_what_is_allowed_holds_for_names) {
  RoutedWorld world({"203.0.113.0/24=dispatch", "*=refuse"});
  BOOST_TEST(world.way(name("v4.example")) == "wifi");
  BOOST_TEST((world.error(name("v6.example")) == RouteError::refused));
  BOOST_TEST((world.error(name("gone.example")) == net::ResolveError::not_found));
}

BOOST_AUTO_TEST_CASE(without_outside_listeners_this_host_is_reached_directly) {
  RoutedWorld world({});
  for (const auto& target :
       {literal("127.0.0.1"), literal("::1"), literal("::ffff:127.0.0.1"), literal("192.0.2.2"),
        name("localhost"), name("LocalHost."), name("rebound.example"), name("own.example")}) {
    BOOST_TEST(world.way(target) == "direct", to_string(target));
  }
  BOOST_TEST(world.way(literal(DialWorld::kWww4)) == "wifi");
}

BOOST_AUTO_TEST_CASE(with_outside_listeners_this_host_is_closed) {
  RoutedWorld world({});
  world.dialer->routes().expose();
  for (const auto& target :
       {literal("127.0.0.1"), literal("127.9.9.9"), literal("::1"), literal("::ffff:127.0.0.1"),
        literal("0.0.0.0"), literal("::"), literal("::ffff:0.0.0.0"), literal("192.0.2.2"),
        literal("2001:db8:2::2"), literal("169.254.169.254"), literal("fe80::1%2"),
        literal("224.0.0.1"), literal("ff02::1%2"), literal("255.255.255.255"), name("localhost"),
        name("a.LOCALHOST."), name("rebound.example"), name("own.example"),
        name("local.example")}) {
    BOOST_TEST((world.error(target) == RouteError::refused), to_string(target));
  }
  BOOST_TEST(world.spy.connects().empty());
  BOOST_TEST(world.way(literal(DialWorld::kWww4)) == "wifi");
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(only_a_rule_that_names_the_place_opens_this_host) {
  RoutedWorld world({":80=dispatch", ".example=wifi", "*=direct"});
  world.dialer->routes().expose();
  for (const auto& target : {literal("127.0.0.1"), name("localhost"), name("rebound.example")}) {
    BOOST_TEST((world.error(target) == RouteError::refused), to_string(target));
  }
  RoutedWorld open({"127.0.0.1=direct", "own.example=direct"});
  open.dialer->routes().expose();
  BOOST_TEST(open.way(literal("127.0.0.1")) == "direct");
  BOOST_TEST(open.way(name("rebound.example")) == "direct");
  BOOST_TEST(open.way(name("own.example")) == "direct");
  BOOST_TEST((open.error(literal("192.0.2.2")) == RouteError::refused));
}

BOOST_AUTO_TEST_CASE(a_refusal_counts_for_this_host_too) {
  RoutedWorld world({":80=refuse"});
  BOOST_TEST((world.error(literal("127.0.0.1")) == RouteError::refused));
}

BOOST_AUTO_TEST_CASE(an_address_that_the_host_gets_later_is_its_own) {
  RoutedWorld world({});
  world.dialer->routes().expose();
  const auto later = literal("192.0.2.77");
  BOOST_TEST((world.dialer->routes().decide(later).action == RouteAction::dispatch));
  world.laptop.spawn(world.dialer->routes().follow_interfaces());
  world.simulation.run_for(1s);
  world.laptop.add_address("wifi", net::parse_prefix("192.0.2.77/24").value());
  world.simulation.run_for(1s);
  BOOST_TEST((world.dialer->routes().decide(later).action == RouteAction::refuse));
}

BOOST_AUTO_TEST_CASE(links_of_the_loopback_interface_lead_to_this_host) {
  RoutedWorld world({}, {"127.0.0.2", "127.0.0.3"});
  BOOST_TEST(world.way(literal("127.0.0.1")) == "127.0.0.2");
  BOOST_TEST(world.way(literal("127.0.0.1")) == "127.0.0.3");
}

BOOST_AUTO_TEST_CASE(a_rule_of_an_unknown_link_is_an_error) {
  BOOST_CHECK_EXCEPTION(RoutedWorld({"*=wfi"}), net::ConfigError,
                        [](const net::ConfigError& error) {
                          const std::string what = error.what();
                          BOOST_TEST(what.find("'wfi' is neither") != std::string::npos, what);
                          BOOST_TEST(what.find("(wifi, lte)") != std::string::npos, what);
                          return true;
                        });
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
