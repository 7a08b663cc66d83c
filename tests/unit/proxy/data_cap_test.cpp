// What becomes of connections when a link has used its data cap, and of targets that have all the
// connections that they may have.

#include "engine/proxy/socks5_client.hpp"
#include "tests/unit/proxy/dial_world.hpp"
#include "tests/unit/proxy/http_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(data_cap_reached)
namespace {

using link::Allowance;

// As a UsageKeeper finds it.
void use_up(link::LinkSet& links, std::size_t index) {
  auto& link = *links.links()[index];
  const auto cap = link.limits().cap.value();
  links.set_cap_usage(link, link::CapUsage{cap, cap.bytes, {{}, link::kEndOfTime}, true});
}

net::Task<void> hold(net::StreamPtr stream) {
  co_await read_to_end(*stream);
}

struct Opened {
  net::StreamPtr stream;
  socks5::Reply reply = socks5::Reply::general_failure;
};

// `target` is no temporary: g++ 12 destroys that twice in an expression with co_await.
net::Task<Opened> open(ProxyWorld& world, const Target& target = ProxyWorld::kWww) {
  Opened opened;
  opened.stream = co_await world.connect_to_proxy();
  HandshakeBuffer buffer;
  const auto answer = co_await socks5::request_connection(*opened.stream, buffer, target);
  if (answer) opened.reply = answer->reply;
  co_return opened;
}

bool stands(const Opened& opened) {
  return opened.reply == socks5::Reply::succeeded;
}

BOOST_AUTO_TEST_CASE(no_new_connections_and_open_ones_go_on) {
  ProxyWorld world({"wifi,cap=1MB"});
  world.serve(hold);
  const auto program = [&]() -> net::Task<void> {
    const auto first = co_await open(world);
    BOOST_TEST(stands(first));
    // The keeper's own look: what has been carried is the cap.
    world.links->links().front()->counters().received.add(1'000'000);
    co_await world.laptop.clock().sleep_for(1s);
    const auto second = co_await open(world);
    BOOST_TEST(!stands(second));
    BOOST_TEST(world.links->links().front()->counters().live == 1u);
    BOOST_TEST(!co_await net::write_all(*first.stream, bytes_of("still here")));
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(open_ones_end_too_where_that_is_asked_for) {
  ProxyWorld world({"wifi,cap=1MB,at-cap=end"});
  world.serve(hold);
  const auto program = [&]() -> net::Task<void> {
    auto first = co_await open(world);
    BOOST_TEST(stands(first));
    world.links->links().front()->counters().received.add(1'000'000);
    const auto began = world.simulation.now();
    const auto rest = co_await read_to_end(*first.stream);
    BOOST_TEST((rest.error == net::asio::error::connection_reset));
    BOOST_TEST((world.simulation.now() - began <= 200ms));
  };
  world.run(program());
  BOOST_TEST(world.links->links().front()->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(who_forwards_requests_is_told_why) {
  ProxyWorld world({"wifi,cap=1MB"});
  Origin origin(world, {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"});
  const auto program = [&]() -> net::Task<void> {
    const auto stream = co_await world.connect_to_proxy();
    const std::string request = "GET http://203.0.113.10/ HTTP/1.1\r\nHost: 203.0.113.10\r\n\r\n";
    co_await send_text(*stream, request);
    const auto answer = co_await read_until(*stream, "ok");
    BOOST_TEST(answer.starts_with("HTTP/1.1 200"));
    world.links->links().front()->counters().received.add(1'000'000);
    co_await world.laptop.clock().sleep_for(1s);
    // The connection to the server stands, but a request is as good as a new one.
    co_await send_text(*stream, request);
    const auto refusal = co_await read_until(*stream, "cap");
    BOOST_TEST(refusal.starts_with("HTTP/1.1 503"));
    BOOST_TEST(refusal.find("every link that could be used has used its data cap") !=
               std::string::npos);
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_last_resort_is_not_for_a_link_that_is_only_slow) {
  auto options = DialWorld::fixed();
  options.slow_attempt = 300ms;
  DialWorld world({"wifi", "lte,cap=1MB,at-cap=last-resort"}, options);
  use_up(*world.links, 1);
  world.line("wifi").up().set_delay(900ms);
  for (int i = 0; i < 4; ++i) BOOST_TEST(world.dial(literal(DialWorld::kWww4)).link() == "wifi");
  BOOST_TEST(world.links->links()[1]->counters().dials == 0u);
}

BOOST_AUTO_TEST_CASE(a_last_resort_is_for_a_link_that_does_not_answer) {
  DialWorld world({"wifi", "lte,cap=1MB,at-cap=last-resort"});
  use_up(*world.links, 1);
  world.line("wifi").set_state(sim::LinkState::blackhole);
  const auto dialed = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(dialed.link() == "lte");
  BOOST_TEST((dialed.took >= 1500ms));
  BOOST_TEST((dialed.took <= 3s + DialWorld::kLteRtt));
}

BOOST_AUTO_TEST_CASE(a_last_resort_is_for_a_link_that_fails_and_at_once) {
  DialWorld world({"wifi", "lte,cap=1MB,at-cap=last-resort"});
  use_up(*world.links, 1);
  world.laptop.set_interface_up("wifi", false);
  const auto dialed = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(dialed.link() == "lte");
  BOOST_TEST((dialed.took == DialWorld::kLteRtt));
}

BOOST_AUTO_TEST_CASE(a_rule_does_not_open_a_link_that_has_used_its_cap) {
  DialOptions options = DialWorld::fixed();
  options.routes.push_back(parse_route_rule("203.0.113.0/24=lte"));
  DialWorld world({"wifi", "lte,cap=1MB"}, options);
  use_up(*world.links, 1);
  const auto dialed = world.dial(literal(DialWorld::kWww4));
  BOOST_TEST(dialed.link() == "none");
  BOOST_TEST((dialed.error == RouteError::spent));
}

BOOST_AUTO_TEST_CASE(a_target_has_no_more_connections_than_one_may_have) {
  ServerOptions options;
  options.connections_per_target_max = 2;
  ProxyWorld world({"wifi", "lte"}, options);
  world.serve(hold);
  const auto program = [&]() -> net::Task<void> {
    auto first = co_await open(world);
    const auto second = co_await open(world);
    const auto third = co_await open(world);
    BOOST_TEST(stands(first));
    BOOST_TEST(stands(second));
    BOOST_TEST(!stands(third));
    // Another name is another target.
    const Target name{"www.example", 80};
    const auto by_name = co_await open(world, name);
    BOOST_TEST(stands(by_name));
    first.stream.reset();
    co_await world.laptop.clock().sleep_for(1s);
    const auto fourth = co_await open(world);
    BOOST_TEST(stands(fourth));
  };
  world.run(program());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
