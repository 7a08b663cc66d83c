// Requests that are forwarded: what the server gets, what the client gets, and on which connection.

#include "tests/unit/proxy/http_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(http_forward)
namespace {

BOOST_AUTO_TEST_CASE(a_request_in_absolute_form_reaches_the_server_in_origin_form) {
  ProxyWorld world;
  Origin origin(world, {kHello});
  const auto answer = answer_to(
      world,
      "GET http://www.example/a?b=c HTTP/1.1\r\nHost: www.example\r\nConnection: close\r\n\r\n");
  BOOST_REQUIRE(origin.requests.size() == 1u);
  BOOST_TEST(origin.requests[0] ==
             "GET /a?b=c HTTP/1.1\r\nHost: www.example\r\nVia: 1.1 dispatch\r\n\r\n");
  BOOST_TEST(answer ==
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n"
             "Via: 1.1 dispatch\r\n\r\nhello");
}

BOOST_AUTO_TEST_CASE(the_host_of_the_request_line_counts_and_not_that_of_the_field) {
  ProxyWorld world;
  Origin origin(world, {kHello});
  answer_to(
      world,
      "GET http://www.example HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n");
  BOOST_REQUIRE(origin.requests.size() == 1u);
  BOOST_TEST(origin.requests[0].starts_with("GET / HTTP/1.1\r\nHost: www.example\r\n"));
  BOOST_TEST(!contains(origin.requests[0], "elsewhere"));
}

BOOST_AUTO_TEST_CASE(what_is_between_the_client_and_the_proxy_does_not_reach_the_server) {
  ProxyWorld world;
  Origin origin(world, {kHello});
  answer_to(world,
            "GET http://www.example/ HTTP/1.1\r\nHost: www.example\r\n"
            "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic c2VjcmV0OnNlY3JldA==\r\n"
            "Connection: close, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\nTE: gzip\r\n"
            "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\nAccept: */*\r\n\r\n");
  BOOST_REQUIRE(origin.requests.size() == 1u);
  BOOST_TEST(origin.requests[0] ==
             "GET / HTTP/1.1\r\nHost: www.example\r\nAccept: */*\r\nVia: 1.1 dispatch\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_between_the_proxy_and_the_server_does_not_reach_the_client) {
  ProxyWorld world;
  Origin origin(world,
                {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=5\r\n"
                 "Connection: keep-alive, X-Inner\r\nX-Inner: 1\r\n"
                 "Proxy-Authenticate: Basic realm=x\r\nVia: 1.1 inner\r\nX-Kept: 1\r\n\r\n"});
  BOOST_TEST(answer_to(world, kLastGet) ==
             "HTTP/1.1 200 OK\r\nVia: 1.1 inner\r\nX-Kept: 1\r\nContent-Length: 0\r\n"
             "Connection: close\r\nVia: 1.1 dispatch\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(requests_to_one_server_share_a_connection_and_its_link) {
  ProxyWorld world;
  Origin origin(world, {kHello, kHello, kHello});
  const auto answer = answer_to(world, kGet + kGet + kLastGet);
  BOOST_TEST(count_of(answer, "hello") == 3u);
  BOOST_TEST(origin.connections == 1);
  BOOST_TEST(world.links->links()[0]->counters().connections == 1u);
}

BOOST_AUTO_TEST_CASE(a_link_has_a_live_connection_for_as_long_as_the_servers_is_open) {
  ProxyWorld world({"wifi"});
  Origin origin(world, {kHello, kHello});
  auto& counters = world.links->links()[0]->counters();
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kGet);
    const auto answer = co_await read_until(*stream, "hello");
    BOOST_TEST(contains(answer, "hello"));
    co_await world.laptop.clock().sleep_for(1s);
    BOOST_TEST(counters.live == 1u);
    BOOST_TEST(!stream->shutdown_write());
    co_await read_to_end(*stream);
    co_await world.laptop.clock().sleep_for(1s);
    BOOST_TEST(counters.live == 0u);
  };
  world.run(program());
  BOOST_TEST(counters.sent.total() == origin.requests[0].size());
  BOOST_TEST(counters.received.total() == kHello.size());
}

BOOST_AUTO_TEST_CASE(a_request_for_another_server_takes_another_connection_on_the_next_link) {
  ProxyWorld world;
  Origin origin(world, {kHello, kHello});
  const auto answer = answer_to(
      world, kGet + "GET http://203.0.113.10/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  BOOST_TEST(count_of(answer, "hello") == 2u);
  BOOST_REQUIRE(origin.connections == 2);
  BOOST_TEST(world.sources[0] != world.sources[1]);
}

BOOST_AUTO_TEST_CASE(the_client_keeps_its_connection_where_the_server_ends_its_own) {
  ProxyWorld world;
  Origin origin(world,
                {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\none", kHello});
  const auto answer = answer_to(world, kGet + kLastGet);
  BOOST_TEST(contains(answer, "one"));
  BOOST_TEST(contains(answer, "hello"));
  BOOST_TEST(origin.connections == 2);
}

BOOST_AUTO_TEST_CASE(a_connection_that_the_server_ended_between_requests_is_not_used_again) {
  ProxyWorld world({"wifi"});
  int connections = 0;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    ++connections;
    co_await read_until(*stream, "\r\n\r\n");
    co_await send_text(*stream, kHello);
    stream->shutdown_write();
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kGet);
    co_await read_until(*stream, "hello");
    co_await world.laptop.clock().sleep_for(1s);
    BOOST_TEST(world.links->links()[0]->counters().live == 0u);
    co_await send_text(*stream,
                       "POST http://www.example/ HTTP/1.1\r\nHost: www.example\r\n"
                       "Content-Length: 2\r\nConnection: close\r\n\r\nhi");
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(contains(received.text, "hello"));
  };
  world.run(program());
  BOOST_TEST(connections == 2);
}

BOOST_AUTO_TEST_CASE(an_idempotent_request_is_made_again_where_a_used_connection_fails_under_it) {
  ProxyWorld world;
  Origin origin(world, {kHello, std::string(kHangUp), kHello});
  const auto answer = answer_to(world, kGet + kLastGet);
  BOOST_TEST(count_of(answer, "hello") == 2u);
  BOOST_TEST(!contains(answer, "502"));
  BOOST_TEST(origin.connections == 2);
  BOOST_TEST(origin.requests.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_request_that_is_not_idempotent_is_made_once) {
  ProxyWorld world;
  Origin origin(world, {kHello, std::string(kHangUp), kHello});
  const auto answer =
      answer_to(world, kGet +
                           "POST http://www.example/ HTTP/1.1\r\nHost: www.example\r\n"
                           "Connection: close\r\n\r\n");
  BOOST_TEST(contains(answer, "HTTP/1.1 502 Bad Gateway"));
  BOOST_TEST(origin.requests.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_request_that_fails_on_a_fresh_connection_is_made_once_by_each_link) {
  const std::string hang_up(kHangUp);
  ProxyWorld world;
  Origin origin(world, {hang_up, hang_up, kHello});
  BOOST_TEST(contains(answer_to(world, kLastGet), "HTTP/1.1 502 Bad Gateway"));
  BOOST_TEST(origin.requests.size() == 2u);
  BOOST_REQUIRE(world.sources.size() == 2u);
  BOOST_TEST(world.sources[0] != world.sources[1]);
}

BOOST_AUTO_TEST_CASE(a_request_that_one_link_loses_is_answered_by_another) {
  ProxyWorld world;
  Origin origin(world, {std::string(kHangUp), kHello});
  BOOST_TEST(contains(answer_to(world, kLastGet), "hello"));
}

BOOST_AUTO_TEST_CASE(a_request_that_must_not_be_made_twice_fails_with_its_connection) {
  ProxyWorld world;
  Origin origin(world, {std::string(kHangUp), kHello});
  const auto answer = answer_to(
      world, "POST http://www.example/ HTTP/1.1\r\nHost: www.example\r\nConnection: close\r\n\r\n");
  BOOST_TEST(contains(answer, "HTTP/1.1 502 Bad Gateway"));
  BOOST_TEST(origin.requests.size() == 1u);
}

net::Task<void> ask_twice(ProxyWorld& world, std::string& answers) {
  auto stream = co_await world.connect_to_proxy();
  co_await send_text(*stream, kGet);
  answers += co_await read_until(*stream, "hello");
  world.world.find_link("laptop/wifi")->set_state(sim::LinkState::blackhole);
  co_await send_text(*stream, kGet);
  answers += co_await read_until(*stream, "hello");
}

// Nothing else is dialled: that what was sent is not acknowledged is the only sign.
BOOST_AUTO_TEST_CASE(a_request_on_a_link_that_has_died_is_answered_by_another_one) {
  ProxyWorld world;
  Origin origin(world, {kHello, kHello});
  std::string answers;
  const auto began = world.simulation.now();
  world.run(ask_twice(world, answers));
  BOOST_TEST(count_of(answers, "hello") == 2u);
  BOOST_TEST((world.sources == std::vector<std::string>{"192.0.2.2", "198.51.100.2"}));
  BOOST_TEST((world.simulation.now() - began < 4s));
}

BOOST_AUTO_TEST_CASE(an_http_1_0_client_gets_a_response_that_ends_with_the_connection) {
  ProxyWorld world;
  Origin origin(world, {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"});
  const auto answer = answer_to(world,
                                "GET http://www.example/ HTTP/1.0\r\nConnection: keep-alive\r\n"
                                "Expect: 100-continue\r\n\r\n");
  BOOST_TEST(answer == "HTTP/1.1 200 OK\r\nConnection: close\r\nVia: 1.1 dispatch\r\n\r\nhello");
  BOOST_TEST(origin.requests[0] ==
             "GET / HTTP/1.1\r\nHost: www.example\r\nVia: 1.0 dispatch\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_request_may_arrive_byte_by_byte) {
  ProxyWorld world;
  Origin origin(world, {kHello});
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    for (const char c : "\r\n" + kLastGet) {
      co_await send_text(*stream, std::string(1, c));
      co_await world.laptop.clock().sleep_for(1ms);
    }
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text.ends_with("hello"));
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(max_forwards_counts_down_and_ends_here_at_zero) {
  ProxyWorld world;
  Origin origin(world, {kHello});
  const auto ask_with = [](std::string_view hops) {
    return "OPTIONS http://www.example HTTP/1.1\r\nHost: x\r\nMax-Forwards: " + std::string(hops) +
           "\r\nConnection: close\r\n\r\n";
  };
  BOOST_TEST(contains(answer_to(world, ask_with("0")), "Allow: "));
  BOOST_TEST(origin.requests.size() == 0u);
  answer_to(world, ask_with("2"));
  BOOST_REQUIRE(origin.requests.size() == 1u);
  BOOST_TEST(origin.requests[0].starts_with("OPTIONS * HTTP/1.1\r\n"));
  BOOST_TEST(contains(origin.requests[0], "Max-Forwards: 1\r\n"));
}

BOOST_AUTO_TEST_CASE(an_idle_connection_ends_after_a_minute) {
  ProxyWorld world;
  Origin origin(world, {kHello});
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kGet);
    co_await read_until(*stream, "hello");
    const auto before = world.simulation.now();
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text == "");
    const auto waited = world.simulation.now() - before;
    BOOST_TEST((waited > 59s && waited < 61s));
  };
  world.run(program());
  BOOST_TEST(world.links->links()[0]->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(a_server_that_falls_silent_is_a_gateway_timeout) {
  ServerOptions options;
  options.silence.idle = 8s;
  ProxyWorld world({"wifi"}, options);
  world.serve([&](net::StreamPtr stream) -> net::Task<void> { co_await read_to_end(*stream); });
  const auto answer = answer_to(world, kLastGet);
  BOOST_TEST(answer.starts_with("HTTP/1.1 504 "));
  BOOST_TEST(((world.simulation.now() - net::TimePoint()) < 10s));
}

BOOST_AUTO_TEST_CASE(a_response_that_falls_silent_is_cut_off) {
  ServerOptions options;
  options.silence.idle = 8s;
  ProxyWorld world({"wifi"}, options);
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    co_await send_text(*stream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    const auto received = co_await ask(world, kGet);
    BOOST_TEST(received.text.ends_with("he"));
    BOOST_TEST((received.error == errc::connection_reset), received.error.message());
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_client_between_two_requests_does_not_hold_up_the_stop) {
  ProxyWorld world({"wifi"});
  Origin origin(world, {kHello});
  const auto program = [&]() -> net::Task<void> {
    const auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kGet);
    co_await read_until(*stream, "hello");
    const auto began = world.simulation.now();
    net::TaskGroup stopping(world.laptop.executor(), nullptr);
    stopping.spawn(world.server->stop(20s));
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(!received.error, received.error.message());
    stream->shutdown_write();
    co_await stopping.idle();
    BOOST_TEST(((world.simulation.now() - began) < 1s));
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_request_that_is_under_way_at_the_stop_is_answered) {
  ProxyWorld world({"wifi"});
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    co_await read_until(*stream, "\r\n\r\n");
    co_await world.www.clock().sleep_for(3s);
    co_await send_text(*stream, kHello);
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    const auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kGet);
    co_await world.laptop.clock().sleep_for(1s);
    net::TaskGroup stopping(world.laptop.executor(), nullptr);
    stopping.spawn(world.server->stop(20s));
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text.ends_with("hello"));
    BOOST_TEST(!received.error, received.error.message());
    stream->shutdown_write();
    co_await stopping.idle();
  };
  world.run(program());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
