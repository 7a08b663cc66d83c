// UDP ASSOCIATE by links through SOCKS5 proxies: targets that are names.

#include "tests/unit/proxy/udp_hop_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(udp_upstream_names)
namespace {

const auto kProxy = HopWorld::kProxy;
constexpr auto* kHop = HopWorld::kHop;
constexpr auto* kHopUrl = HopWorld::kHopUrl;

BOOST_AUTO_TEST_CASE(the_proxy_looks_names_up_and_nothing_of_them_leaves_otherwise) {
  HopWorld world({kHopUrl});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (const auto* text : {"1", "2"}) {
      const auto answer = co_await world.ask(client, "hidden.example:7", text);
      BOOST_TEST(answer == "203.0.113.10:7 " + std::string(text));
    }
    BOOST_TEST(co_await world.ask(client, "v4.example:7", "3") == "203.0.113.10:7 3");
    BOOST_TEST(co_await world.ask(client, "nowhere.example:7", "4") == "nothing");
    BOOST_TEST(world.link_counters(0).live == 3u);
  };
  world.run(program());
  BOOST_TEST(world.dns.questions() == 0u);
  world.check_nothing_is_left_anywhere();
  BOOST_TEST(world.counters().sent == 4u);
  BOOST_TEST(world.counters().drops.total() == 0u);
}

BOOST_AUTO_TEST_CASE(links_without_a_proxy_look_names_up_themselves) {
  HopWorld world({kHopUrl, "wifi"});
  world.echo(8);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, "hidden.example:7", "1") == "203.0.113.10:7 1");
    BOOST_TEST(world.dns.questions() == 0u);
    BOOST_TEST(co_await world.ask(client, "v4.example:8", "2") == "203.0.113.10:8 2");
    BOOST_TEST(world.dns.questions() != 0u);
  };
  world.run(program());
  BOOST_REQUIRE(world.heard.size() == 2u);
  BOOST_TEST(world.heard[0].from.address.to_string() == kHop);
  BOOST_TEST(world.heard[1].from.address.to_string() == "192.0.2.2");
}

BOOST_AUTO_TEST_CASE(what_waits_for_the_proxy_keeps_its_order) {
  HopWorld world({kHopUrl});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (int i = 0; i < 50; ++i) send_to(client, "hidden.example:7", std::to_string(i));
    co_await world.pause(2s);
  };
  world.run(program());
  BOOST_REQUIRE(world.heard.size() == 50u);
  for (std::size_t i = 0; i < 50; ++i) BOOST_TEST(world.heard[i].text == std::to_string(i));
}

BOOST_AUTO_TEST_CASE(who_goes_on_by_the_address_stays_on_the_proxy) {
  HopWorld world({kHopUrl, "wifi"});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, "hidden.example:7", "1") == "203.0.113.10:7 1");
    BOOST_TEST(co_await world.ask(client, "203.0.113.10:7", "2") == "203.0.113.10:7 2");
  };
  world.run(program());
  BOOST_REQUIRE(world.heard.size() == 2u);
  BOOST_TEST(net::to_string(world.heard[0].from) == net::to_string(world.heard[1].from));
}

BOOST_AUTO_TEST_CASE(names_of_one_port_are_answered_for_by_their_own_servers) {
  ServerOptions strict;
  strict.udp.only_from_targets = true;
  HopWorld world({kHopUrl}, strict);
  for (const auto* each : {"203.0.113.10:9", "203.0.113.11:9"}) {
    world.www.spawn(UdpWorld::serve(world, endpoint(each)));
  }
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (int round = 0; round < 2; ++round) {
      BOOST_TEST(co_await world.ask(client, "hidden.example:9", "x") == "203.0.113.10:9 x");
      BOOST_TEST(co_await world.ask(client, "twin.example:9", "y") == "203.0.113.11:9 y");
    }
  };
  world.run(program());
  world.check_nothing_is_left_anywhere();
  BOOST_TEST(world.counters().drops.total() == 0u);
}

// Sends to whom the server has heard from.
net::Task<void> send_as(HopWorld& world, std::string_view source, net::Endpoint to) {
  net::DatagramOptions options;
  options.local = endpoint(source);
  const auto socket = world.www.network().open_datagram(options).value();
  send_raw(*socket, to, std::as_bytes(std::span("!", 1)));
  co_return;
}

BOOST_AUTO_TEST_CASE(strangers_are_kept_out_where_only_targets_may_send) {
  ServerOptions strict;
  strict.udp.only_from_targets = true;
  HopWorld world({kHopUrl}, strict);
  world.www.spawn(UdpWorld::serve(world, endpoint("203.0.113.10:9")));
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, "hidden.example:9", "x") == "203.0.113.10:9 x");
    const auto relay = world.heard.at(0).from;
    // Of the name's address, whatever the port; and of another one.
    for (const auto* source : {"203.0.113.10:99", "203.0.113.11:99", "203.0.113.11:9"}) {
      co_await send_as(world, source, relay);
      const auto got = co_await receive_from(world.phone, *client.socket);
      BOOST_TEST(got.source == (source == std::string("203.0.113.10:99") ? source : "nothing"));
    }
  };
  world.run(program());
  world.check_nothing_is_left_anywhere();
  BOOST_TEST(to_string(world.counters().drops) == "2 (2 unasked)");
}

BOOST_AUTO_TEST_CASE(a_proxy_may_answer_by_the_name_or_from_an_address_that_is_refused_by_number) {
  ServerOptions options;
  options.udp.only_from_targets = true;
  options.dial.routes.push_back(parse_route_rule("198.18.0.0/15=refuse"));
  HopWorld by_name({HopWorld::kScriptedUrl}, options);
  by_name.script([](auto header) { return Bytes(header.begin(), header.end()); });
  BOOST_TEST(by_name.one_answer("hidden.example:7") == "hidden.example:7 hello");
  // As with connections, a rule of ranges does not see what a proxy makes of a name, but it holds
  // for the address as such.
  HopWorld world({HopWorld::kScriptedUrl}, options);
  world.script([](auto) { return header_of("198.18.0.1:7"); });
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, "hidden.example:7", "x") == "198.18.0.1:7 x");
    BOOST_TEST(co_await world.ask(client, "198.18.0.1:7", "x") == "nothing");
  };
  world.run(program());
  world.check_nothing_is_left_anywhere();
  BOOST_TEST(to_string(world.counters().drops) == "1 (1 refused)");
}

BOOST_AUTO_TEST_CASE(rules_of_names_hold_before_a_name_goes_to_a_proxy) {
  ServerOptions options;
  for (const auto* rule : {"refused.example=refuse", "v4.example=direct", "v6.example=hop"}) {
    options.dial.routes.push_back(parse_route_rule(rule));
  }
  HopWorld world({std::string("hop=") + kHopUrl}, options);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, "refused.example:7", "x") == "nothing");
    BOOST_TEST(world.heard.empty());
    BOOST_TEST(co_await world.ask(client, "v6.example:7", "x") == "[2001:db8:80::10]:7 x");
    BOOST_TEST(world.dns.questions() == 0u);
    BOOST_TEST(co_await world.ask(client, "v4.example:7", "x") == "203.0.113.10:7 x");
  };
  world.run(program());
  world.check_nothing_is_left_anywhere();
  BOOST_TEST(to_string(world.counters().drops) == "1 (1 refused)");
  BOOST_TEST((world.heard.back().from.address.to_string() != kHop));
}

BOOST_AUTO_TEST_CASE(where_the_proxy_fails_another_link_looks_the_name_up) {
  HopWorld world({"socks5://203.0.113.20:9", "wifi"});
  BOOST_TEST(world.one_answer("v4.example:7") == "203.0.113.10:7 hello");
  BOOST_TEST(world.heard.at(0).from.address.to_string() == "192.0.2.2");
  world.check_nothing_is_left_anywhere();
}

BOOST_AUTO_TEST_CASE(a_proxy_that_fails_is_not_asked_again_at_once_and_then_is) {
  ServerOptions options;
  options.dial.routes.push_back(parse_route_rule("*=hop"));
  for (const bool by_rule : {true, false}) {
    HopWorld world({"hop=socks5://203.0.113.20:9000"}, by_rule ? options : ServerOptions{});
    const auto program = [&]() -> net::Task<void> {
      auto client = co_await associate(world.phone, kProxy);
      for (int i = 0; i < 5; ++i) {
        BOOST_TEST(co_await world.ask(client, "hidden.example:7", "x") == "nothing");
      }
      BOOST_TEST(world.link_counters(0).dials == 2u);  // the flow, and the connection for it
      world.script([](auto header) { return Bytes(header.begin(), header.end()); });
      co_await world.pause(30s);
      BOOST_TEST(co_await world.ask(client, "hidden.example:7", "x") == "hidden.example:7 x");
    };
    world.run(program());
    world.check_nothing_is_left();
    BOOST_TEST(world.counters().drops.total() == 5u);
  }
}

BOOST_AUTO_TEST_CASE(a_proxy_that_ends_its_connection_is_asked_again_for_a_name) {
  HopWorld world({kHopUrl});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, "hidden.example:7", "1") == "203.0.113.10:7 1");
    world.hop_server->reset_all();
    co_await world.pause(1s);
    BOOST_TEST(world.link_counters(0).live == 0u);
    BOOST_TEST(co_await world.ask(client, "hidden.example:7", "2") == "203.0.113.10:7 2");
  };
  world.run(program());
  world.check_nothing_is_left_anywhere();
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
