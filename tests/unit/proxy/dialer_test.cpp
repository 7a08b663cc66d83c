// Which address, over which link, at which moment: reaching a target, with every duration exact.

#include "engine/net/deadline.hpp"
#include "tests/unit/proxy/dial_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(dialer)
namespace {

namespace errc = boost::system::errc;

constexpr auto kWifi = DialWorld::kWifiRtt;
constexpr auto kLte = DialWorld::kLteRtt;

using Operations = std::vector<SpyRuntime::Operation>;

void block_ipv6_of_www(DialWorld& world) {
  world.www.remove_address("eth0", DialWorld::ip(DialWorld::kWww6));
}

BOOST_AUTO_TEST_CASE(an_address_is_tried_at_once_over_one_link) {
  DialWorld world;
  const auto outcome = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(outcome.link() == "wifi");
  BOOST_TEST((outcome.took == kWifi));
  BOOST_TEST(world.spy.operations == (Operations{{0ms, "203.0.113.10:80", "wifi"}}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ipv6_is_preferred_when_it_is_healthy) {
  DialWorld world;
  const auto outcome = world.dial(name("both.example"));
  BOOST_TEST(outcome.remote() == DialWorld::kWww6);
  BOOST_TEST((outcome.took == 2 * kWifi));  // the name, the handshake
  BOOST_TEST(world.spy.connects().size() == 1u);
}

BOOST_AUTO_TEST_CASE(broken_ipv6_costs_the_attempt_delay_and_no_more) {
  DialWorld world;
  const auto outcome = world.dial(name("dead6.example"));
  BOOST_TEST(outcome.remote() == DialWorld::kWww4);
  BOOST_TEST(outcome.link() == "wifi");
  BOOST_TEST((outcome.took == kWifi + 250ms + kWifi));
  BOOST_TEST(world.laptop.tcp_sockets() == 1u);  // the one that lost is gone
}

BOOST_AUTO_TEST_CASE(a_refusal_over_ipv6_makes_room_for_ipv4_at_once) {
  DialWorld world;
  world.dns.add("half.example",
                {DialWorld::ip(DialWorld::kWww4), DialWorld::ip("2001:db8:80::53")});
  const auto outcome = world.dial(name("half.example"));
  BOOST_TEST(outcome.remote() == DialWorld::kWww4);
  BOOST_TEST((outcome.took == 3 * kWifi));
}

BOOST_AUTO_TEST_CASE(the_second_address_is_tried_on_the_same_link_when_the_first_is_dead) {
  DialWorld world;
  world.dns.add("two.example",
                {DialWorld::ip(DialWorld::kNobody4), DialWorld::ip(DialWorld::kWww4)});
  const auto outcome = world.dial(name("two.example"));
  BOOST_TEST(outcome.remote() == DialWorld::kWww4);
  BOOST_TEST((outcome.took == kWifi + 250ms + kWifi));
  BOOST_TEST(world.spy.connects() == (Operations{{kWifi, "203.0.113.99:80", "wifi"},
                                                 {kWifi + 250ms, "203.0.113.10:80", "wifi"}}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_late_answer_about_ipv6_holds_ipv4_back_for_the_resolution_delay_only) {
  DialWorld world({"wifi"});
  // The question about IPv6 (the first) is never answered over this link or any route.
  world.spy.fault = [&](std::size_t n) {
    return world.spy.operations[n].what.starts_with("AAAA") ? SpyRuntime::kSilence : net::Error{};
  };
  const auto outcome = world.dial(name("both.example"));
  BOOST_TEST(outcome.remote() == DialWorld::kWww4);
  BOOST_TEST((outcome.took == kWifi + 50ms + kWifi));
}

BOOST_AUTO_TEST_CASE(a_dark_link_is_helped_by_another_when_it_is_slow) {
  DialWorld world;
  world.line("wifi").set_state(sim::LinkState::blackhole);
  const auto outcome = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(outcome.link() == "lte");
  BOOST_TEST((outcome.took == 3s + kLte));
  const auto& wifi = world.links->links()[0]->counters();
  const auto& lte = world.links->links()[1]->counters();
  BOOST_TEST((wifi.dials == 1u && wifi.dial_failures == 1u && wifi.connections == 0u));
  BOOST_TEST((lte.dials == 1u && lte.dial_failures == 0u && lte.connections == 1u));
  BOOST_TEST(world.laptop.tcp_sockets() == 1u);
}

BOOST_AUTO_TEST_CASE(a_link_that_fails_is_left_at_once) {
  DialWorld world;
  world.laptop.set_interface_up("wifi", false);
  const auto outcome = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(outcome.link() == "lte");
  BOOST_TEST((outcome.took == kLte));
}

BOOST_AUTO_TEST_CASE(a_name_is_found_although_the_first_link_is_dark) {
  DialWorld world;
  world.line("wifi").set_state(sim::LinkState::blackhole);
  const auto outcome = world.dial(name("v4.example"));
  BOOST_TEST(outcome.link() == "lte");
  BOOST_TEST((outcome.took < 3s + 2 * kLte + 1ms));
}

BOOST_AUTO_TEST_CASE(a_link_of_high_latency_keeps_its_share_of_every_kind_of_target) {
  for (const auto* target : {"both.example", "v4.example", "many.example"}) {
    DialWorld world;
    world.dns.add("many.example",
                  {DialWorld::ip(DialWorld::kWww4), DialWorld::ip(DialWorld::kWww4b),
                   DialWorld::ip(DialWorld::kWww6)});
    world.line("lte").up().set_delay(600ms);
    const auto shares = world.shares(name(target), 20);
    BOOST_TEST((shares == std::map<std::string, int>{{"wifi", 10}, {"lte", 10}}), target);
  }
}

BOOST_AUTO_TEST_CASE(races_between_addresses_leave_the_shares_exact) {
  DialWorld world({"wifi/7", "lte/3"});
  const auto shares = world.shares(name("dead6.example"), 50);
  BOOST_TEST((shares == std::map<std::string, int>{{"wifi", 35}, {"lte", 15}}));
}

BOOST_AUTO_TEST_CASE(names_that_lead_nowhere_leave_the_shares_of_others_exact) {
  for (const auto* nowhere : {"gone.example", "sick.example"}) {
    DialWorld world;
    std::map<std::string, int> shares;
    for (int i = 0; i < 20; ++i) {
      ++shares[world.dial(literal(DialWorld::kWww4)).link()];
      world.dial(name(nowhere));
    }
    BOOST_TEST((shares == std::map<std::string, int>{{"wifi", 10}, {"lte", 10}}), nowhere);
  }
}

BOOST_AUTO_TEST_CASE(helping_a_slow_link_in_vain_costs_the_helper_no_turn) {
  DialWorld world({"wifi", "lte", "old"});
  world.line("wifi").up().set_delay(4s);
  world.line("lte").set_state(sim::LinkState::blackhole);
  const auto outcome = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(outcome.link() == "wifi");
  BOOST_TEST(world.spy.connects().size() == 2u);
  BOOST_TEST(world.links->links()[1]->counters().dial_failures == 0u);
  // wifi has had its turn, the others have not.
  std::string next;
  for (int i = 0; i < 3; ++i) {
    next += world.links->take_turn({{true, false}, {}})->link().name() + " ";
  }
  BOOST_TEST(next == "lte old wifi ");
}

BOOST_AUTO_TEST_CASE(the_targets_refusal_is_final) {
  DialWorld world;
  const auto outcome = world.dial(name("v4.example", 81));
  BOOST_TEST((outcome.error == errc::connection_refused), outcome.error.message());
  BOOST_TEST((outcome.took == 2 * kWifi));
  BOOST_TEST(world.spy.connects().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_rather_than_silence) {
  DialWorld world;
  const auto outcome = world.dial(name("dead6.example", 81));
  BOOST_TEST((outcome.error == errc::connection_refused), outcome.error.message());
}

BOOST_AUTO_TEST_CASE(an_address_of_many_hosts_is_no_links_fault) {
  for (const auto* many : {"224.0.0.1", "255.255.255.255", "ff02::1"}) {
    DialWorld world;
    const auto outcome = world.dial({DialWorld::ip(many), 80});
    BOOST_TEST((outcome.error == errc::network_unreachable), outcome.error.message());
    BOOST_TEST(world.spy.connects().empty());
    for (const auto* link : world.links->links()) {
      BOOST_TEST((link->health() == link::Health::up));
      BOOST_TEST(link->counters().dials == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(silence_of_every_link_is_a_time_out) {
  DialWorld world;
  const auto outcome = world.dial(literal(DialWorld::kNobody4));
  BOOST_TEST((outcome.error == errc::timed_out), outcome.error.message());
  BOOST_TEST((outcome.took == 3s + 10s));  // the second link begins at 3 s and has 10 s
  for (const auto& link : world.links->links()) BOOST_TEST(link->counters().dial_failures == 1u);
}

BOOST_AUTO_TEST_CASE(all_of_it_ends_at_the_timeout) {
  auto options = DialWorld::fixed();
  options.timeout = 2s;
  DialWorld world({"wifi", "lte"}, options);
  const auto outcome = world.dial(literal(DialWorld::kNobody4));
  BOOST_TEST((outcome.error == errc::timed_out));
  BOOST_TEST((outcome.took == 2s));
  BOOST_TEST(world.links->links()[0]->counters().dial_failures == 1u);
  BOOST_TEST(world.laptop.tcp_sockets() == 0u);
}

BOOST_AUTO_TEST_CASE(exhaustion_of_this_host_is_no_reason_to_try_another_link) {
  DialWorld world;
  world.spy.fault = [](std::size_t) { return net::errno_error(EMFILE); };
  const auto outcome = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST((outcome.error == errc::too_many_files_open));
  BOOST_TEST(world.spy.operations.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_family_that_no_link_has_is_not_supported_and_not_asked_about) {
  DialWorld world({"old"});
  const auto refused = world.dial(literal(DialWorld::kWww6));
  BOOST_TEST((refused.error == errc::address_family_not_supported));
  BOOST_TEST(world.spy.operations.empty());
  BOOST_TEST(world.dial(name("both.example")).remote() == DialWorld::kWww4);
  for (const auto& question : world.spy.questions()) BOOST_TEST(question.what == "A both.example");
}

BOOST_AUTO_TEST_CASE(a_name_of_one_family_goes_by_the_links_that_have_it) {
  DialWorld world({"old", "new", "wifi"});
  // Off by one at most: before the name is known, its families are not.
  for (const auto* target : {"v4.example", "v6.example"}) {
    for (const auto& [link, count] : world.shares(name(target), 20)) {
      BOOST_TEST(link != (target == std::string("v4.example") ? "new" : "old"));
      BOOST_TEST((count >= 9 && count <= 11), link << " " << count);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_link_without_ipv6_has_its_share_of_targets_that_have_both) {
  DialWorld world({"wifi", "old"});
  const auto shares = world.shares(name("both.example"), 20);
  BOOST_TEST((shares == std::map<std::string, int>{{"wifi", 10}, {"old", 10}}));
}

BOOST_AUTO_TEST_CASE(a_storm_of_failures_leaves_nothing_behind) {
  DialWorld world;
  block_ipv6_of_www(world);
  std::vector<std::unique_ptr<DialWorld::Outcome>> outcomes;
  for (int i = 0; i < 100; ++i) {
    for (const auto& target :
         {name("both.example"), name("dead.example"), name("gone.example"), name("sick.example"),
          name("v4.example", 81), literal(DialWorld::kNobody6)}) {
      outcomes.push_back(std::make_unique<DialWorld::Outcome>());
      world.simulation.spawn(DialWorld::dial_into(world, target, *outcomes.back()));
    }
  }
  world.simulation.run_for(60s);
  for (const auto& outcome : outcomes) BOOST_TEST(outcome->ended);
  outcomes.clear();
  world.check_nothing_is_left();
}

// Every operation that a dial makes, failing in every way: the dial ends in time, with a connection
// wherever one is possible, and nothing is left.
BOOST_AUTO_TEST_CASE(whichever_operation_fails_the_dial_ends_and_leaves_nothing) {
  const std::vector<net::Error> faults{
      SpyRuntime::kSilence,
      net::errno_error(ECONNREFUSED),
      net::errno_error(ENETUNREACH),
      net::errno_error(EADDRNOTAVAIL),
      net::ResolveError::server_failure,
      net::ResolveError::timed_out,
      net::ResolveError::unreachable,
  };
  for (const auto* target : {"both.example", "dead6.example", "v4.example"}) {
    std::size_t operations = 1;
    for (const auto& fault : faults) {
      for (std::size_t n = 0; n < operations; ++n) {
        BOOST_TEST_CONTEXT(target << ", operation " << n << ": " << fault.message()) {
          DialWorld world;
          world.spy.fault = [&](std::size_t at) { return at == n ? fault : net::Error{}; };
          auto outcome = world.dial(name(target));
          operations = std::max(operations, world.spy.operations.size());
          // A single failure stands in the way of a single address at most, except where the
          // target's only address refuses.
          const bool only = std::string_view(target) == "v4.example";
          if (!only || fault != errc::connection_refused) BOOST_TEST(outcome.dialed.has_value());
          BOOST_TEST((outcome.took < 5s));
          outcome.dialed.reset();
          world.check_nothing_is_left();
        }
      }
    }
    BOOST_TEST(operations >= 2u);
  }
}

net::Task<void> dial_until(DialWorld& world, net::TimePoint end, Target target, net::Error& error) {
  auto dialed =
      co_await net::with_deadline(world.laptop.clock(), end, world.dialer->dial(std::move(target)));
  if (!dialed) error = dialed.error();
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_away_at_any_moment_leaves_nothing) {
  // A name, two addresses, a second link: there is always something under way.
  for (net::Duration after = 0ms; after < 3500ms; after += 5ms) {
    DialWorld world;
    world.line("wifi").set_state(sim::LinkState::blackhole);
    block_ipv6_of_www(world);
    net::Error error;
    world.simulation.spawn(
        dial_until(world, world.simulation.now() + after, name("both.example"), error));
    world.simulation.run_for(after + 1ms);
    BOOST_TEST_CONTEXT(after / 1ms << " ms") {
      if (after < 3s) BOOST_TEST((error == errc::timed_out));
      world.check_nothing_is_left();
    }
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
