// UDP ASSOCIATE by links through SOCKS5 proxies.

#include "tests/unit/proxy/udp_hop_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(udp_upstream)
namespace {

const auto kProxy = HopWorld::kProxy;
constexpr auto* kHop = HopWorld::kHop;
constexpr auto* kEcho = HopWorld::kEcho;

BOOST_AUTO_TEST_CASE(datagrams_pass_a_proxy_both_ways_and_say_who_answers) {
  HopWorld world({"socks5://203.0.113.20:1080"});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST((client.reply == socks5::Reply::succeeded));
    for (const auto* text : {"hello", "again"}) {
      const auto answer = co_await world.ask(client, kEcho, text);
      BOOST_TEST(answer == "203.0.113.10:7 " + std::string(text));
    }
    const auto over_v6 = co_await world.ask(client, "[2001:db8:80::10]:7", "hello");
    BOOST_TEST(over_v6 == "[2001:db8:80::10]:7 hello");
    const auto by_name = co_await world.ask(client, "v4.example:7", "by name");
    BOOST_TEST(by_name == "203.0.113.10:7 by name");
    const auto v6_only = co_await world.ask(client, "v6.example:7", "by name");
    BOOST_TEST(v6_only == "[2001:db8:80::10]:7 by name");
    BOOST_TEST(world.hop_server->counters().udp.live == 1u);
    BOOST_TEST(world.link_counters(0).live == 4u);
  };
  world.run(program());
  for (const auto& each : world.heard) {
    const auto from = each.from.address.to_string();
    BOOST_TEST((from == kHop || from == "2001:db8:80::20"), from);
  }
  world.check_nothing_is_left_anywhere();
  BOOST_TEST(world.counters().sent == 5u);
  BOOST_TEST(world.counters().received == 5u);
  BOOST_TEST(world.counters().drops.total() == 0u);
  BOOST_TEST(world.link_counters(0).sent.total() == 29u);
}

BOOST_AUTO_TEST_CASE(what_comes_before_the_proxy_has_answered_waits_in_order) {
  HopWorld world({"socks5://203.0.113.20:1080"});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (int i = 0; i < 100; ++i) send_to(client, kEcho, std::to_string(i));
    co_await world.pause(2s);
  };
  world.run(program());
  BOOST_REQUIRE(world.heard.size() == 64u);  // UdpOptions::waiting_max
  for (std::size_t i = 0; i < 64; ++i) BOOST_TEST(world.heard[i].text == std::to_string(i));
  world.check_nothing_is_left_anywhere();
  BOOST_TEST(world.counters().drops.count(UdpDrop::too_many) == 36u);
}

BOOST_AUTO_TEST_CASE(flows_are_shared_between_proxies_and_interfaces) {
  HopWorld world({"socks5://203.0.113.20:1080", "wifi"});
  for (std::uint16_t port = 8; port < 15; ++port) world.echo(port);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (int port = 7; port < 15; ++port) {
      const auto target = "203.0.113.10:" + std::to_string(port);
      const auto answer = co_await world.ask(client, target, "x");
      BOOST_TEST(answer == target + " x");
    }
  };
  world.run(program());
  std::map<std::string, int> sources;
  for (const auto& each : world.heard) ++sources[each.from.address.to_string()];
  BOOST_TEST((sources == std::map<std::string, int>{{kHop, 4}, {"192.0.2.2", 4}}));
}

BOOST_AUTO_TEST_CASE(a_proxy_that_is_not_there_or_refuses_us_is_helped_by_another_link) {
  ServerOptions guarded;
  guarded.accounts.add("kim", "secret");
  for (const auto* url : {"socks5://203.0.113.20:9", "socks5://kim:guess@203.0.113.20:1080"}) {
    HopWorld world({url, "wifi"}, {}, guarded);
    BOOST_TEST(world.one_answer() == "203.0.113.10:7 hello", url);
    BOOST_TEST(world.heard.at(0).from.address.to_string() == "192.0.2.2");
    world.check_nothing_is_left_anywhere();
    HopWorld alone({url}, {}, guarded);
    BOOST_TEST(alone.one_answer() == "nothing", url);
    alone.check_nothing_is_left_anywhere();
    BOOST_TEST(alone.counters().drops.count(UdpDrop::unreachable) == 1u);
  }
  HopWorld right({"socks5://kim:secret@203.0.113.20:1080"}, {}, guarded);
  BOOST_TEST(right.one_answer() == "203.0.113.10:7 hello");
}

BOOST_AUTO_TEST_CASE(a_proxy_that_ends_its_connection_loses_its_flows_to_other_links) {
  HopWorld world({"socks5://203.0.113.20:1080", "wifi"});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, kEcho, "1") == "203.0.113.10:7 1");
    world.hop_server->reset_all();
    co_await world.pause(1s);
    BOOST_TEST(co_await world.ask(client, kEcho, "2") == "203.0.113.10:7 2");
  };
  world.run(program());
  BOOST_REQUIRE(world.heard.size() == 2u);
  BOOST_TEST(world.heard[0].from.address.to_string() == kHop);
  BOOST_TEST(world.heard[1].from.address.to_string() == "192.0.2.2");
  world.check_nothing_is_left_anywhere();
}

BOOST_AUTO_TEST_CASE(the_proxys_relay_ends_with_the_last_flow) {
  HopWorld world({"socks5://203.0.113.20:1080"});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, kEcho, "1") == "203.0.113.10:7 1");
    co_await world.pause(130s);
    BOOST_TEST(world.hop_server->counters().live == 0u);
    BOOST_TEST(co_await world.ask(client, kEcho, "2") == "203.0.113.10:7 2");
  };
  world.run(program());
  world.check_nothing_is_left_anywhere();
}

BOOST_AUTO_TEST_CASE(proxies_of_other_protocols_carry_none) {
  for (const auto* url : {"http://203.0.113.20:1080", "socks4a://203.0.113.20:1080"}) {
    HopWorld world({url});
    const auto program = [&]() -> net::Task<void> {
      const auto client = co_await associate(world.phone, kProxy);
      BOOST_TEST((client.reply == socks5::Reply::command_not_supported));
    };
    world.run(program());
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
