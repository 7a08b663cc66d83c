// UDP ASSOCIATE: which link a flow takes, and who may answer.

#include "tests/unit/proxy/udp_world.hpp"

#include <set>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(udp_links)
namespace {

const net::Endpoint kProxy = endpoint("10.0.0.1:1080");
constexpr auto* kWifi = "192.0.2.2";
constexpr auto* kLte = "198.51.100.2";

constexpr auto* kEcho = "203.0.113.10:7";

std::string at_port(int port) {
  return "203.0.113.10:" + std::to_string(port);
}

net::Task<std::string> ask(UdpWorld& world, UdpClient& client, std::string_view target,
                           std::string_view text) {
  send_to(client, target, text);
  const auto got = co_await receive_from(world.phone, *client.socket);
  co_return got.text;
}

// The addresses from which the server has heard at each port.
std::map<std::uint16_t, std::set<std::string>> sources_by_port(const UdpWorld& world) {
  std::map<std::uint16_t, std::set<std::string>> sources;
  for (const auto& each : world.heard) sources[each.port].insert(each.from.address.to_string());
  return sources;
}

std::map<std::string, int> flows_by_link(const UdpWorld& world) {
  std::map<std::string, int> count;
  for (const auto& [port, sources] : sources_by_port(world)) {
    for (const auto& source : sources) ++count[source];
  }
  return count;
}

BOOST_AUTO_TEST_CASE(flows_spread_by_weight_and_each_stays_on_its_link) {
  UdpWorld world({"wifi/7", "lte/3"});
  for (std::uint16_t port = 1; port <= 20; ++port) world.echo(port);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (int round = 0; round < 5; ++round) {
      for (std::uint16_t port = 1; port <= 20; ++port) {
        const auto target = at_port(port);
        BOOST_TEST(co_await ask(world, client, target, "x") == "x");
      }
    }
    BOOST_TEST(world.relay_sockets() == 3u);  // the client's, and one for each link
    BOOST_TEST(world.link_counters(0).live == 14u);
  };
  world.run(program());
  BOOST_TEST((flows_by_link(world) == std::map<std::string, int>{{kWifi, 14}, {kLte, 6}}));
  BOOST_TEST(world.link_counters(0).sent.total() == 70u);
  BOOST_TEST(world.link_counters(0).received.total() == 70u);
  BOOST_TEST(world.link_counters(1).sent.total() == 30u);
  BOOST_TEST(world.link_counters(1).connections == 6u);
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(
    flows_leave_a_link_that_has_gone_down_and_stay_together_with_one_link_for_all) {
  for (const bool one_link : {false, true}) {
    ServerOptions options;
    options.udp.one_link = one_link;
    UdpWorld world({"wifi", "lte"}, options);
    for (std::uint16_t port = 1; port <= 4; ++port) world.echo(port);
    const auto program = [&]() -> net::Task<void> {
      auto client = co_await associate(world.phone, kProxy);
      for (int round = 0; round < 2; ++round) {
        for (std::uint16_t port = 1; port <= 4; ++port) {
          const auto target = at_port(port);
          BOOST_TEST(co_await ask(world, client, target, "x") == "x");
        }
        if (round == 1) break;
        world.heard.clear();
        auto& wifi = *world.links->links().front();
        world.links->set_standing(wifi, {link::Health::down, "as the test has it", {}});
      }
    };
    world.run(program());
    BOOST_TEST((flows_by_link(world) == std::map<std::string, int>{{kLte, 4}}));
    world.check_nothing_is_left();
  }
}

BOOST_AUTO_TEST_CASE(all_that_leaves_by_one_link_has_one_address_and_port) {
  UdpWorld world({"wifi"});
  for (std::uint16_t port = 1; port <= 5; ++port) world.echo(port);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (std::uint16_t port = 1; port <= 5; ++port) {
      const auto target = at_port(port);
      co_await ask(world, client, target, "x");
    }
  };
  world.run(program());
  std::set<std::string> sources;
  for (const auto& each : world.heard) sources.insert(net::to_string(each.from));
  BOOST_TEST(sources.size() == 1u);
}

BOOST_AUTO_TEST_CASE(with_one_link_for_all_every_target_sees_the_same_address) {
  ServerOptions options;
  options.udp.one_link = true;
  UdpWorld world({"wifi", "lte"}, options);
  for (std::uint16_t port = 1; port <= 6; ++port) world.echo(port);
  const auto program = [&]() -> net::Task<void> {
    for (int clients = 0; clients < 2; ++clients) {
      world.heard.clear();
      auto client = co_await associate(world.phone, kProxy);
      for (std::uint16_t port = 1; port <= 6; ++port) {
        const auto target = at_port(port);
        co_await ask(world, client, target, "x");
      }
      const std::map<std::string, int> expected{{clients == 0 ? kWifi : kLte, 6}};
      BOOST_TEST((flows_by_link(world) == expected));
    }
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(links_without_the_targets_family_are_passed_over) {
  UdpWorld world;
  for (std::uint16_t port = 1; port <= 4; ++port) world.echo(port);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (std::uint16_t port = 1; port <= 2; ++port) {
      const auto target = "[2001:db8:80::10]:" + std::to_string(port);
      co_await ask(world, client, target, "x");
    }
    for (std::uint16_t port = 3; port <= 4; ++port) {
      const auto target = "v6.example:" + std::to_string(port);
      co_await ask(world, client, target, "x");
    }
  };
  world.run(program());
  BOOST_TEST((flows_by_link(world) == std::map<std::string, int>{{"2001:db8:2::2", 4}}));
}

BOOST_AUTO_TEST_CASE(links_through_proxies_that_carry_no_datagrams_are_passed_over) {
  UdpWorld world({"http://203.0.113.10:1081", "lte"});
  for (std::uint16_t port = 1; port <= 4; ++port) world.echo(port);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (std::uint16_t port = 1; port <= 4; ++port) {
      const auto target = (port % 2 == 0 ? "v4.example:" : "203.0.113.10:") + std::to_string(port);
      BOOST_TEST(co_await ask(world, client, target, "x") == "x");
    }
  };
  world.run(program());
  BOOST_TEST((flows_by_link(world) == std::map<std::string, int>{{kLte, 4}}));
}

BOOST_AUTO_TEST_CASE(where_no_link_carries_datagrams_the_client_is_told) {
  UdpWorld world({"http://203.0.113.10:1081"});
  const auto program = [&]() -> net::Task<void> {
    const auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST((client.reply == socks5::Reply::command_not_supported));
  };
  world.run(program());
  world.check_nothing_is_left();
  BOOST_TEST(world.counters().associations == 0u);
}

BOOST_AUTO_TEST_CASE(a_target_that_no_link_can_reach_is_counted) {
  UdpWorld world({"lte"});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    send_to(client, "[2001:db8:80::10]:7", "x");
    send_to(client, "v6.example:7", "x");
    co_await world.pause(30s);
  };
  world.run(program());
  world.check_nothing_is_left();
  BOOST_TEST(to_string(world.counters().drops) == "2 (1 to a name without address, 1 unreachable)");
}

BOOST_AUTO_TEST_CASE(a_flow_leaves_a_link_that_cannot_send_and_stays_away_from_it) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await ask(world, client, kEcho, "before") == "before");
    BOOST_TEST(world.heard.back().from.address.to_string() == kWifi);
    world.laptop.set_interface_up("wifi", false);
    BOOST_TEST(co_await ask(world, client, kEcho, "during") == "during");
    world.laptop.set_interface_up("wifi", true);
    BOOST_TEST(co_await ask(world, client, kEcho, "after") == "after");
    BOOST_TEST(world.heard.back().from.address.to_string() == kLte);
    BOOST_TEST(world.link_counters(0).live == 0u);
    BOOST_TEST(world.link_counters(1).live == 1u);
    BOOST_TEST(world.link_counters(0).dial_failures == 1u);
  };
  world.run(program());
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_link_that_has_got_another_address_goes_on_with_that) {
  UdpWorld world({"wifi"});
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await ask(world, client, kEcho, "before") == "before");
    world.laptop.change_address("wifi", address(kWifi), prefix("192.0.2.77/24"));
    auto egress = *world.links->links()[0]->egress(net::Family::v4);
    egress.source = address("192.0.2.77");
    world.links->links()[0]->set_egress(net::Family::v4, egress);
    BOOST_TEST(co_await ask(world, client, kEcho, "after") == "after");
    BOOST_TEST(world.heard.back().from.address.to_string() == "192.0.2.77");
    BOOST_TEST(world.relay_sockets() == 2u);  // the old one is closed
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(where_every_link_is_dead_datagrams_are_dropped_until_one_is_back) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (const bool up : {false, true}) {
      for (const auto* interface : {"wifi", "lte"}) world.laptop.set_interface_up(interface, up);
      BOOST_TEST(co_await ask(world, client, kEcho, "x") == (up ? "x" : ""));
    }
  };
  world.run(program());
  world.check_nothing_is_left();
  BOOST_TEST(to_string(world.counters().drops) == "1 (1 unreachable)");
}

BOOST_AUTO_TEST_CASE(rules_about_targets_hold_for_datagrams) {
  ServerOptions options;
  for (const auto* rule :
       {"203.0.113.11=refuse", "203.0.113.0/24:9=refuse", ":8=lte", ":6=direct"}) {
    options.dial.routes.push_back(parse_route_rule(rule));
  }
  UdpWorld world({"wifi", "lte"}, options);
  for (const std::uint16_t port : {6, 8, 9}) world.echo(port);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (const auto* refused : {"203.0.113.11:8", "203.0.113.10:9", "v4.example:9", "10.0.0.1:8",
                                "127.0.0.1:8", "localhost:8", "224.0.0.1:8"}) {
      BOOST_TEST(co_await ask(world, client, refused, "x") == "");
    }
    for (const auto* passed : {"203.0.113.10:8", "v4.example:8", "203.0.113.10:6"}) {
      BOOST_TEST(co_await ask(world, client, passed, "x") == "x");
    }
    world.laptop.set_interface_up("lte", false);
    BOOST_TEST(co_await ask(world, client, "203.0.113.10:8", "no other link helps") == "");
  };
  world.run(program());
  world.check_nothing_is_left();
  const auto sources = sources_by_port(world);
  BOOST_TEST((sources.at(8) == std::set<std::string>{kLte}));
  BOOST_TEST(sources.size() == 2u);
  BOOST_TEST(to_string(world.counters().drops) == "8 (7 refused, 1 unreachable)");
  BOOST_TEST(world.link_counters(0).sent.total() == 0u);
}

BOOST_AUTO_TEST_CASE(a_slow_name_holds_up_nothing_else) {
  UdpWorld world;
  world.echo(7);
  world.dns.set_delay(2s);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    send_to(client, "v4.example:7", "first by name");
    send_to(client, "v4.example:7", "second by name");
    const auto began = world.simulation.now();
    BOOST_TEST(co_await ask(world, client, kEcho, "by address") == "by address");
    BOOST_TEST((world.simulation.now() - began < 100ms));
    for (const auto* text : {"first by name", "second by name"}) {
      const auto got = co_await receive_from(world.phone, *client.socket, 5s);
      BOOST_TEST(got.text == text);
    }
    BOOST_TEST((world.simulation.now() - began > 2s));
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_bounded_number_of_datagrams_waits_for_a_name) {
  ServerOptions options;
  options.udp.waiting_max = 4;
  options.udp.names_max = 2;
  UdpWorld world({"wifi"}, options);
  world.dns.set_behaviour({sim::DnsFault::silent});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (int i = 0; i < 6; ++i) send_to(client, "a.example:7", "x");
    send_to(client, "b.example:7", "x");
    send_to(client, "c.example:7", "x");
    co_await world.pause(60s);  // the look-ups have failed
    world.dns.set_behaviour({});
    world.echo(7);
    BOOST_TEST(co_await ask(world, client, "v4.example:7", "after") == "after");
  };
  world.run(program());
  world.check_nothing_is_left();
  BOOST_TEST(to_string(world.counters().drops) == "8 (5 to a name without address, 3 too many)");
}

BOOST_AUTO_TEST_CASE(the_flow_that_was_silent_for_longest_makes_room_for_a_new_one) {
  ServerOptions options;
  options.udp.flows_max = 3;
  UdpWorld world({"wifi", "lte"}, options);
  for (std::uint16_t port = 1; port <= 4; ++port) world.echo(port);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (const std::uint16_t port : {1, 2, 3, 1, 4}) {  // 2 goes
      const auto target = at_port(port);
      co_await ask(world, client, target, "x");
    }
    BOOST_TEST(world.link_counters(0).live + world.link_counters(1).live == 3u);
    world.heard.clear();
    for (const std::uint16_t port : {1, 3, 4}) {
      const auto target = at_port(port);
      co_await ask(world, client, target, "x");
    }
    BOOST_TEST(world.link_counters(0).connections + world.link_counters(1).connections == 4u);
    co_await ask(world, client, "203.0.113.10:2", "x");
    BOOST_TEST(world.link_counters(0).connections + world.link_counters(1).connections == 5u);
  };
  world.run(program());
  world.check_nothing_is_left();
}

// The server's address is known to the client; the stranger's is not.
struct Visit {
  bool from_target_address = false;
  bool passed = false;
  bool answered_over_the_same_link = false;
};

net::Task<void> visit(UdpWorld& world, Visit& result) {
  auto client = co_await associate(world.phone, kProxy);
  co_await ask(world, client, kEcho, "x");  // over the first link
  const auto door = world.heard.back().from;
  const auto* from = result.from_target_address ? "203.0.113.10" : "203.0.113.11";
  const auto stranger = open_socket(world.www, address(from));
  send_raw(*stranger, door, bytes_of("knock"));
  const auto got = co_await receive_from(world.phone, *client.socket);
  result.passed = got.text == "knock";
  if (!result.passed) co_return;
  BOOST_TEST(got.source == net::to_string(stranger->local_endpoint()));
  const auto back = net::to_string(stranger->local_endpoint());
  send_to(client, back, "come in");
  std::vector<std::byte> buffer(100);
  std::array<net::DatagramIn, 1> in{};
  in[0].buffer = buffer;
  const auto heard = co_await stranger->receive(in);
  result.answered_over_the_same_link = heard && in[0].from == door;
}

BOOST_AUTO_TEST_CASE(strangers_may_send_to_the_client_and_are_answered_where_they_came_in) {
  UdpWorld world;
  world.echo(7);
  Visit result;
  world.run(visit(world, result));
  BOOST_TEST(result.passed);
  BOOST_TEST(result.answered_over_the_same_link);
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(strangers_are_kept_out_where_only_targets_may_send) {
  ServerOptions options;
  options.udp.only_from_targets = true;
  for (const bool known_address : {false, true}) {
    UdpWorld world({"wifi", "lte"}, options);
    world.echo(7);
    Visit result;
    result.from_target_address = known_address;
    world.run(visit(world, result));
    BOOST_TEST(result.passed == known_address);
    world.check_nothing_is_left();
    BOOST_TEST(world.counters().drops.count(UdpDrop::unasked) == (known_address ? 0u : 1u));
  }
}

BOOST_AUTO_TEST_CASE(strangers_cannot_push_out_the_flows_that_the_client_uses) {
  ServerOptions options;
  options.udp.unasked_flows_max = 2;
  UdpWorld world({"wifi", "lte"}, options);
  world.echo(7);
  world.echo(8);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    co_await ask(world, client, kEcho, "x");
    const auto door = world.heard.back().from;
    for (int i = 0; i < 10; ++i) {
      const auto stranger = open_socket(world.www, address("203.0.113.11"));
      send_raw(*stranger, door, bytes_of("knock"));
      const auto got = co_await receive_from(world.phone, *client.socket);
      BOOST_TEST(got.text == "knock");
    }
    BOOST_TEST(world.link_counters(0).live == 3u);
    BOOST_TEST(co_await ask(world, client, kEcho, "x") == "x");
    BOOST_TEST(world.heard.back().from.port == door.port);
  };
  world.run(program());
  world.check_nothing_is_left();
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
