// UDP ASSOCIATE and the most connections that a link may have: each flow is one, for as long as it
// lives.

#include "tests/unit/proxy/udp_hop_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(udp_limits)
namespace {

const auto kProxy = HopWorld::kProxy;

// Ports 1 to 6 of the server answer.
struct LimitsWorld : HopWorld {
  explicit LimitsWorld(std::vector<std::string> arguments, ServerOptions options = {})
      : HopWorld(std::move(arguments), std::move(options)) {
    simulation.set_log_sink([this](auto, auto host, auto, std::string_view line) {
      if (host == "laptop" && line.find("as many connections as") != std::string_view::npos) {
        told.emplace_back(line);
      }
    });
    for (std::uint16_t port = 1; port <= 6; ++port) echo(port);
  }

  // To how many of so many targets it gets through, one after the other.
  net::Task<int> reach(UdpClient& client, int count, std::string host = "203.0.113.10") {
    int answers = 0;
    for (int port = 1; port <= count; ++port) {
      const auto target = host + ":" + std::to_string(port);
      const auto answer = co_await ask(client, target, "x");
      if (answer != "nothing") ++answers;
      for (const auto& link : links->links()) {
        const auto most = link->connections_max();
        BOOST_TEST((most == 0 || link->counters().live <= most));
      }
    }
    co_return answers;
  }

  std::vector<std::string> told;  // that a link is full
};

ServerOptions with_rule(const char* rule) {
  ServerOptions options;
  options.dial.routes.push_back(parse_route_rule(rule));
  return options;
}

ServerOptions on_one_link() {
  ServerOptions options;
  options.udp.one_link = true;
  return options;
}

BOOST_AUTO_TEST_CASE(flows_that_take_turns_pass_over_links_that_are_full) {
  LimitsWorld world({"wifi,max=2", "lte,max=3"});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.reach(client, 6) == 5);
    BOOST_TEST(world.link_counters(0).live == 2u);
    BOOST_TEST(world.link_counters(1).live == 3u);
  };
  world.run(program());
  BOOST_REQUIRE(world.told.size() == 1u);
  BOOST_TEST(world.told[0].ends_with(
                 "by UDP: no datagrams to 203.0.113.10:6: every link has as many connections as it "
                 "may have"),
             world.told[0]);
  world.check_nothing_is_left_anywhere();
  BOOST_TEST(to_string(world.counters().drops) == "1 (1 beyond the most connections of the links)");
}

BOOST_AUTO_TEST_CASE(a_link_that_a_rule_fixes_has_no_more_than_it_may) {
  LimitsWorld world({"wifi,max=2", "lte"}, with_rule("203.0.113.0/24=wifi"));
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.reach(client, 4) == 2);
    BOOST_TEST(co_await world.reach(client, 4) == 2);
    // The association that is told of is told of once.
    BOOST_TEST(world.told.size() == 1u);
    auto other = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.reach(other, 6) == 0);
    BOOST_TEST(world.told.size() == 2u);
    BOOST_TEST(world.link_counters(1).dials == 0u);
  };
  world.run(program());
  BOOST_TEST(world.told.at(0).ends_with(": wifi has as many connections as it may have"),
             world.told.at(0));
  world.check_nothing_is_left_anywhere();
}

BOOST_AUTO_TEST_CASE(with_one_link_for_all_its_maximum_holds_and_no_other_helps) {
  LimitsWorld world({"wifi,max=3", "lte,max=3"}, on_one_link());
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.reach(client, 6) == 3);
    BOOST_TEST(world.link_counters(1).live == 0u);
    auto other = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.reach(other, 6) == 3);
  };
  world.run(program());
  world.check_nothing_is_left_anywhere();
}

BOOST_AUTO_TEST_CASE(names_take_places_too_once_each) {
  for (const auto* link : {"wifi,max=1", "socks5://203.0.113.20:1080,max=1"}) {
    LimitsWorld world({link});
    const auto program = [&]() -> net::Task<void> {
      auto client = co_await associate(world.phone, kProxy);
      BOOST_TEST(co_await world.reach(client, 2, "v4.example") == 1);
      BOOST_TEST(co_await world.reach(client, 2, "v4.example") == 1);
    };
    world.run(program());
    world.check_nothing_is_left_anywhere();
    BOOST_TEST(to_string(world.counters().drops) ==
               "2 (2 beyond the most connections of the links)");
  }
}

BOOST_AUTO_TEST_CASE(a_flow_that_ends_gives_its_place_to_another) {
  LimitsWorld world({"wifi,max=1"});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, "203.0.113.10:1", "x") == "203.0.113.10:1 x");
    BOOST_TEST(co_await world.ask(client, "203.0.113.10:2", "x") == "nothing");
    co_await world.pause(130s);
    BOOST_TEST(co_await world.ask(client, "203.0.113.10:2", "x") == "203.0.113.10:2 x");
    client.control.reset();
    co_await world.pause(1s);
    BOOST_TEST(world.link_counters(0).live == 0u);
    auto other = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(other, "203.0.113.10:3", "x") == "203.0.113.10:3 x");
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_flow_that_a_stranger_begins_is_one_as_well) {
  LimitsWorld world({"wifi,max=1"});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, "203.0.113.10:1", "x") == "203.0.113.10:1 x");
    const auto stranger = open_socket(world.www, address("203.0.113.11"));
    send_raw(*stranger, world.heard.at(0).from, std::as_bytes(std::span("!", 1)));
    const auto got = co_await receive_from(world.phone, *client.socket);
    BOOST_TEST(got.source == "nothing");
  };
  world.run(program());
  BOOST_TEST(world.told.size() == 1u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
