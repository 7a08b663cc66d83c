// BIND: a client behind the proxy is connected to from outside.

#include "engine/proxy/handshake_buffer.hpp"
#include "engine/proxy/socks4.hpp"
#include "engine/proxy/socks5.hpp"
#include "tests/unit/proxy/proxy_world.hpp"
#include "tests/unit/proxy/spy_runtime.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(bind)
namespace {

namespace errc = boost::system::errc;
using socks5::Reply;

const auto kGreeting = socks5::encode_greeting(std::vector{socks5::Method::none});

// A client that has sent BIND, and read the first answer.
struct Binding {
  net::StreamPtr stream;
  HandshakeBuffer buffer;
  Reply reply = Reply::general_failure;
  net::Endpoint bound;
};

net::Task<socks5::Answer> receive_answer(Binding& binding) {
  auto answer = co_await receive_message(*binding.stream, binding.buffer, socks5::decode_answer);
  BOOST_REQUIRE(answer.has_value());
  co_return std::move(answer->message);
}

net::Endpoint endpoint_of(const Target& target) {
  return {std::get<net::Address>(target.host), target.port};
}

net::Task<void> begin(ProxyWorld& world, Binding& binding, Target target,
                      net::Endpoint proxy = ProxyWorld::kProxy) {
  auto stream = co_await world.laptop.network().connect(proxy, net::kAnyEgress);
  binding.stream = std::move(stream.value());
  auto bytes = kGreeting;
  append(bytes, socks5::encode_request(socks5::Command::bind, target));
  co_await send(*binding.stream, bytes);
  auto method = co_await receive_message(*binding.stream, binding.buffer, socks5::decode_method);
  BOOST_REQUIRE(method.has_value());
  const auto answer = co_await receive_answer(binding);
  binding.reply = answer.reply;
  binding.bound = endpoint_of(answer.bound);
}

BOOST_AUTO_TEST_CASE(the_peer_connects_to_the_links_address_and_bytes_pass_both_ways) {
  ProxyWorld world({"wifi"});
  const auto program = [&]() -> net::Task<void> {
    Binding binding;
    co_await begin(world, binding, ProxyWorld::kWww);
    BOOST_TEST((binding.reply == Reply::succeeded));
    BOOST_TEST(binding.bound.address.to_string() == "192.0.2.2");
    auto peer = co_await world.www.network().connect(binding.bound, net::kAnyEgress);
    BOOST_REQUIRE(peer.has_value());
    const auto answer = co_await receive_answer(binding);
    BOOST_TEST((answer.reply == Reply::succeeded));
    BOOST_TEST((endpoint_of(answer.bound) == (*peer)->local_endpoint()));
    co_await send_text(**peer, "from outside");
    BOOST_TEST(!(*peer)->shutdown_write());
    const auto received = co_await read_to_end(*binding.stream);
    BOOST_TEST(received.text == "from outside");
    co_await send_text(*binding.stream, "from inside");
    BOOST_TEST(!binding.stream->shutdown_write());
    const auto back = co_await read_to_end(**peer);
    BOOST_TEST(back.text == "from inside");
  };
  world.run(program());
  BOOST_TEST(world.links->links()[0]->counters().connections == 1u);
  BOOST_TEST(world.links->links()[0]->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(what_the_client_sends_while_it_waits_is_not_lost) {
  ProxyWorld world({"wifi"});
  const auto program = [&]() -> net::Task<void> {
    Binding binding;
    co_await begin(world, binding, ProxyWorld::kWww);
    co_await send_text(*binding.stream, "early ");
    co_await world.laptop.clock().sleep_for(5s);
    auto peer = co_await world.www.network().connect(binding.bound, net::kAnyEgress);
    BOOST_REQUIRE(peer.has_value());
    co_await send_text(*binding.stream, "late");
    BOOST_TEST(!binding.stream->shutdown_write());
    const auto received = co_await read_to_end(**peer);
    BOOST_TEST(received.text == "early late");
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(somebody_else_is_turned_away) {
  ProxyWorld world({"wifi"});
  const auto program = [&]() -> net::Task<void> {
    Binding binding;
    const Target other{address("203.0.113.99"), 21};
    co_await begin(world, binding, other);
    BOOST_TEST((binding.reply == Reply::succeeded));
    auto stranger = co_await world.www.network().connect(binding.bound, net::kAnyEgress);
    BOOST_REQUIRE(stranger.has_value());
    const auto received = co_await read_to_end(**stranger);
    BOOST_TEST((received.error == errc::connection_reset), received.error.message());
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(nobody_comes_and_the_client_is_told_so) {
  ServerOptions options;
  options.bind_timeout = 20s;
  ProxyWorld world({"wifi"}, options);
  const auto program = [&]() -> net::Task<void> {
    Binding binding;
    const Target anyone{address("0.0.0.0"), 0};
    co_await begin(world, binding, anyone);
    const auto began = world.simulation.now();
    const auto answer = co_await receive_answer(binding);
    BOOST_TEST((answer.reply == Reply::host_unreachable));
    BOOST_TEST(((world.simulation.now() - began) / 1s) == 20);
  };
  world.run(program());
  BOOST_TEST(world.server->counters().refused == 1u);
}

BOOST_AUTO_TEST_CASE(the_port_is_closed_when_the_client_has_gone) {
  ProxyWorld world({"wifi"});
  const auto program = [&]() -> net::Task<void> {
    Binding binding;
    co_await begin(world, binding, ProxyWorld::kWww);
    binding.stream->abort();
    co_await world.laptop.clock().sleep_for(1s);
    const auto peer = co_await world.www.network().connect(binding.bound, net::kAnyEgress);
    BOOST_REQUIRE(!peer.has_value());
    BOOST_TEST((peer.error() == errc::connection_refused));
  };
  world.run(program());
  BOOST_TEST(world.server->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(links_take_turns_and_each_family_has_its_own) {
  ProxyWorld world({"wifi", "lte"});
  const auto program = [&]() -> net::Task<void> {
    for (const auto* expected : {"192.0.2.2", "198.51.100.2", "192.0.2.2"}) {
      Binding binding;
      co_await begin(world, binding, ProxyWorld::kWww);
      BOOST_TEST(binding.bound.address.to_string() == expected);
    }
    Binding v6;
    const Target six{address("2001:db8:80::10"), 21};
    co_await begin(world, v6, six);
    BOOST_TEST((v6.reply == Reply::address_type_not_supported));
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(socks4_has_it_too) {
  ProxyWorld world({"wifi"});
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    const std::string request("\x04\x02\x00\x15\xcb\x00\x71\x0a\0", 9);
    co_await send_text(*stream, request);
    std::vector<std::byte> answer(8);
    BOOST_TEST(co_await net::read_full(*stream, answer) == 8u);
    BOOST_TEST(octet(answer, 1) == 90);
    const net::Endpoint bound{address("192.0.2.2"), octet_pair(answer, 2)};
    auto peer = co_await world.www.network().connect(bound, net::kAnyEgress);
    BOOST_REQUIRE(peer.has_value());
    BOOST_TEST(co_await net::read_full(*stream, answer) == 8u);
    BOOST_TEST(octet(answer, 1) == 90);
    BOOST_TEST(octet_pair(answer, 2) == (*peer)->local_endpoint().port);
    co_await send_text(**peer, "data");
    BOOST_TEST(!(*peer)->shutdown_write());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text == "data");
  };
  world.run(program());
}

ServerOptions with_rules(std::vector<std::string> rules) {
  ServerOptions options;
  for (const auto& each : rules) options.dial.routes.push_back(parse_route_rule(each));
  return options;
}

BOOST_AUTO_TEST_CASE(rules_say_where_it_waits_and_for_whom) {
  ProxyWorld world({"wifi", "lte", "socks5://203.0.113.10:1080"},
                   with_rules({"203.0.113.11=refuse", "203.0.113.10=lte", "203.0.113.12=direct"}));
  const auto program = [&]() -> net::Task<void> {
    for (int i = 0; i < 3; ++i) {
      Binding fixed;
      co_await begin(world, fixed, ProxyWorld::kWww);
      BOOST_TEST(fixed.bound.address.to_string() == "198.51.100.2");
    }
    Binding refused;
    const Target nobody{address("203.0.113.11"), 21};
    co_await begin(world, refused, nobody);
    BOOST_TEST((refused.reply == Reply::not_allowed));
    Binding direct;
    const Target by_route{address("203.0.113.12"), 21};
    co_await begin(world, direct, by_route);
    BOOST_TEST((direct.reply == Reply::succeeded));
    BOOST_TEST(direct.bound.address.to_string() == "192.0.2.2");  // the default route's
    // For anyone, by turns: never on a link that goes through a proxy.
    for (const auto* expected : {"192.0.2.2", "198.51.100.2", "192.0.2.2", "198.51.100.2"}) {
      Binding anyone;
      const Target any{net::any_address(net::Family::v4), 0};
      co_await begin(world, anyone, any);
      BOOST_TEST(anyone.bound.address.to_string() == expected);
    }
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_name_is_looked_up_through_the_link_that_waits) {
  ProxyWorld world({"wifi", "lte"});
  SpyRuntime spy(world.laptop);
  Server server(spy, *world.links, with_rules({"secret.example=refuse", "by.lte.example=lte"}));
  const auto proxy = endpoint("127.0.0.1:1081");
  BOOST_REQUIRE(server.listen(proxy).has_value());
  server.start();
  const std::vector<net::Address> www{address("203.0.113.10")};
  struct Case {
    const char* name;
    const char* link;
    const char* bound;
  };
  // Each by another name, since an answer is kept.
  const Case cases[] = {{"a.example", "wifi", "192.0.2.2"},
                        {"b.example", "lte", "198.51.100.2"},
                        {"by.lte.example", "lte", "198.51.100.2"},
                        {"c.example", "wifi", "192.0.2.2"}};
  for (const auto& each : cases) world.laptop.add_host_name(each.name, www);
  world.laptop.add_host_name("secret.example", www);
  const auto program = [&]() -> net::Task<void> {
    for (const auto& each : cases) {
      spy.operations.clear();
      Binding binding;
      const Target target{std::string(each.name), 21};
      co_await begin(world, binding, target, proxy);
      BOOST_TEST((binding.reply == Reply::succeeded));
      BOOST_TEST(binding.bound.address.to_string() == each.bound);
      BOOST_TEST(!spy.questions().empty());
      for (const auto& question : spy.questions()) BOOST_TEST(question.way == each.link);
    }
    spy.operations.clear();
    Binding refused;
    const Target secret{std::string("secret.example"), 21};
    co_await begin(world, refused, secret, proxy);
    BOOST_TEST((refused.reply == Reply::not_allowed));
    BOOST_TEST(spy.questions().empty());
    Binding nobody;
    const Target unknown{std::string("nobody.example"), 21};
    co_await begin(world, nobody, unknown, proxy);
    BOOST_TEST((nobody.reply == Reply::network_unreachable));  // there is no name server
  };
  world.run(program());
  world.simulation.drop_tasks();
}

BOOST_AUTO_TEST_CASE(why_nobody_can_be_waited_for_is_told) {
  struct Case {
    const char* link;
    Reply reply;
  };
  for (const auto& each : {Case{"only=wifi,max=1", Reply::general_failure},
                           Case{"only=socks5://203.0.113.10:1080", Reply::command_not_supported}}) {
    ProxyWorld world({each.link}, with_rules({"203.0.113.12=only"}));
    world.laptop.add_host_name("www.example", {address("203.0.113.10")});
    const auto program = [&]() -> net::Task<void> {
      Binding first;
      co_await begin(world, first, ProxyWorld::kWww);
      const Target targets[] = {ProxyWorld::kWww,
                                {address("203.0.113.12"), 21},
                                {std::string("www.example"), 21},
                                {net::any_address(net::Family::v4), 0}};
      for (const auto& target : targets) {
        Binding next;
        co_await begin(world, next, target);
        BOOST_TEST((next.reply == each.reply));
      }
    };
    world.run(program());
  }
}

BOOST_AUTO_TEST_CASE(a_peer_whom_a_rule_refuses_may_not_come_although_anyone_may) {
  ProxyWorld world({"wifi"}, with_rules({"203.0.113.10=refuse"}));
  const auto program = [&]() -> net::Task<void> {
    Binding binding;
    const Target any{net::any_address(net::Family::v4), 0};
    co_await begin(world, binding, any);
    auto peer = co_await world.www.network().connect(binding.bound, net::kAnyEgress);
    BOOST_REQUIRE(peer.has_value());
    const auto received = co_await read_to_end(**peer);
    BOOST_TEST((received.error == errc::connection_reset), received.error.message());
  };
  world.run(program());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
