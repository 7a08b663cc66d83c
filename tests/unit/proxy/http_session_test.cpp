// Tunnels, authentication, and what the proxy says of itself.

#include "engine/proxy/http_answer.hpp"
#include "engine/proxy/routes.hpp"
#include "tests/unit/proxy/http_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(http_session)
namespace {

const std::string kConnect = "CONNECT www.example:80 HTTP/1.1\r\nHost: www.example:80\r\n";
const std::string kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";

ServerOptions with_account() {
  ServerOptions options;
  options.accounts.add("user", "pass");
  return options;
}

const std::string kRight = "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n";
const std::string kWrong = "Proxy-Authorization: Basic dXNlcjp3cm9uZw==\r\n";

// Answers every connection with what it received until the client's end of stream.
net::Task<void> echo_at_end(net::StreamPtr stream) {
  const auto received = co_await read_to_end(*stream);
  co_await send_text(*stream, "got " + received.text);
  stream->shutdown_write();
}

// What a client gets for `text`, in a world with a server that echoes, up to the proxy's close.
std::string answer_to(const std::string& text, ServerOptions options = {}) {
  ProxyWorld world({"wifi", "lte"}, std::move(options));
  world.serve(echo_at_end);
  return proxy::answer_to(world, text);
}

std::string get(std::string_view uri) {
  return "GET " + std::string(uri) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
}

BOOST_AUTO_TEST_CASE(connect_opens_a_tunnel_both_ways_with_half_close) {
  ProxyWorld world;
  world.serve(echo_at_end);
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kConnect + "\r\n");
    const auto established = co_await read_until(*stream, "\r\n\r\n");
    BOOST_TEST(established == kEstablished);
    co_await send_text(*stream, "hello");
    BOOST_TEST(!stream->shutdown_write());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text == "got hello");
  };
  world.run(program());
  BOOST_TEST(world.links->links()[0]->counters().sent.total() == 5u);
}

BOOST_AUTO_TEST_CASE(bytes_sent_along_with_connect_reach_the_target_first) {
  ProxyWorld world;
  world.serve(echo_at_end);
  const std::string early(5000, 'e');
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kConnect + "\r\n" + early);
    co_await read_until(*stream, "\r\n\r\n");
    co_await send_text(*stream, " late");
    BOOST_TEST(!stream->shutdown_write());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text == "got " + early + " late");
  };
  world.run(program());
  BOOST_TEST(world.links->links()[0]->counters().sent.total() == 5005u);
}

BOOST_AUTO_TEST_CASE(connect_is_answered_after_the_dial_and_not_before) {
  const auto refused = answer_to("CONNECT www.example:81 HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(refused.starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
  BOOST_TEST(!contains(refused, "200"));
}

BOOST_AUTO_TEST_CASE(connect_needs_a_port_and_has_no_body) {
  BOOST_TEST(answer_to("CONNECT www.example HTTP/1.1\r\nHost: x\r\n\r\n")
                 .starts_with("HTTP/1.1 400 Bad Request\r\n"));
  BOOST_TEST(answer_to(kConnect + "Content-Length: 5\r\n\r\nhello")
                 .starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

BOOST_AUTO_TEST_CASE(an_upgrade_becomes_a_tunnel_with_what_was_sent_along) {
  ProxyWorld world;
  std::string head;
  std::string rest;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    head = co_await read_until(*stream, "\r\n\r\n");
    co_await send_text(*stream,
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\n\r\nfirst frame");
    rest = co_await read_until(*stream, "late");
    co_await send_text(*stream, " second");
    stream->shutdown_write();
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream,
                       "GET http://www.example/chat HTTP/1.1\r\nHost: www.example\r\n"
                       "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\nearly ");
    const auto answer = co_await read_until(*stream, "first frame");
    BOOST_TEST(answer ==
               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Via: 1.1 dispatch\r\n\r\nfirst frame");
    co_await send_text(*stream, "late");
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text == " second");
    stream->shutdown_write();
    co_await world.laptop.clock().sleep_for(1s);
  };
  world.run(program());
  BOOST_TEST(contains(head, "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
  BOOST_TEST(rest == "early late");
  BOOST_TEST(world.links->links()[0]->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(an_upgrade_that_was_not_asked_for_is_a_bad_answer) {
  ProxyWorld world;
  Origin origin(world, {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"});
  BOOST_TEST(contains(proxy::answer_to(world, kLastGet), "HTTP/1.1 502 Bad Gateway\r\n"));
}

BOOST_AUTO_TEST_CASE(without_the_right_password_nothing_is_served) {
  for (const auto& credentials : {std::string(), kWrong}) {
    ProxyWorld world({"wifi"}, with_account());
    Origin origin(world, {kHello});
    const auto connect =
        proxy::answer_to(world, kConnect + credentials + "Connection: close\r\n\r\n");
    BOOST_TEST(
        connect.starts_with("HTTP/1.1 407 Proxy Authentication Required\r\n"
                            "Proxy-Authenticate: Basic realm=\"dispatch\", "
                            "charset=\"UTF-8\"\r\n"));
    const auto forward = proxy::answer_to(world, "GET http://www.example/ HTTP/1.1\r\nHost: x\r\n" +
                                                     credentials + "Connection: close\r\n\r\n");
    BOOST_TEST(forward.starts_with("HTTP/1.1 407 "));
    BOOST_TEST(origin.connections == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_client_may_send_its_password_on_the_connection_that_asked_for_it) {
  ProxyWorld world({"wifi"}, with_account());
  Origin origin(world, {kHello});
  const std::string post = "POST http://www.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n";
  const auto answer =
      proxy::answer_to(world, post + "\r\nbody" + post + kRight + "Connection: close\r\n\r\nbody");
  BOOST_TEST(answer.starts_with("HTTP/1.1 407 "));
  BOOST_TEST(answer.ends_with("hello"));
  BOOST_REQUIRE(origin.requests.size() == 1u);
  BOOST_TEST(!contains(origin.requests[0], "Authorization"));
}

BOOST_AUTO_TEST_CASE(every_request_of_a_connection_needs_the_password) {
  ProxyWorld world({"wifi"}, with_account());
  Origin origin(world, {kHello, kHello});
  const auto answer = proxy::answer_to(
      world, "GET http://www.example/ HTTP/1.1\r\nHost: x\r\n" + kRight + "\r\n" + kLastGet);
  BOOST_TEST(count_of(answer, "hello") == 1u);
  BOOST_TEST(contains(answer, "HTTP/1.1 407 "));
}

BOOST_AUTO_TEST_CASE(a_tunnel_opens_with_the_right_password) {
  ProxyWorld world({"wifi"}, with_account());
  world.serve(echo_at_end);
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kConnect + kRight + "\r\n");
    const auto answer = co_await read_until(*stream, "\r\n\r\n");
    BOOST_TEST(answer == kEstablished);
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_browser_that_opens_the_port_gets_a_page_that_says_how_to_use_it) {
  const auto page = answer_to(get("/"));
  BOOST_TEST(page.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"));
  BOOST_TEST(contains(page, "curl -x http://127.0.0.1:1080 "));
}

BOOST_AUTO_TEST_CASE(other_requests_in_origin_form_are_refused_with_the_same_page) {
  ProxyWorld world;
  Origin origin(world, {kHello});
  for (const auto* uri : {"/index.html", "/?x"}) {
    const auto page = proxy::answer_to(world, get(uri));
    BOOST_TEST(page.starts_with("HTTP/1.1 400 Bad Request\r\n"), uri);
    BOOST_TEST(contains(page, "http://127.0.0.1:1080"));
  }
  BOOST_TEST(origin.connections == 0);
}

BOOST_AUTO_TEST_CASE(a_request_to_the_proxy_through_itself_comes_to_an_end) {
  ProxyWorld world({"127.0.0.1"});
  const auto answer = proxy::answer_to(world, get("http://127.0.0.1:1080/"));
  BOOST_TEST(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(contains(answer, "<title>dispatch</title>"));
  BOOST_TEST(contains(answer, "Via: 1.1 dispatch\r\n"));
}

BOOST_AUTO_TEST_CASE(each_failure_is_answered_with_its_status_and_says_why) {
  const auto refused = answer_to(get("http://www.example:81/"));
  BOOST_TEST(refused.starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
  BOOST_TEST(refused.ends_with("\r\n\r\ndispatch: www.example:81: Connection refused\n"));
  BOOST_TEST(answer_to(get("http://no-such.example/")).starts_with("HTTP/1.1 503 "));
  const auto no_family = answer_to(get("http://[2001:db8:80::10]/"));
  BOOST_TEST(no_family.starts_with("HTTP/1.1 503 "));
  BOOST_TEST(no_family.ends_with("]: no link has an address of its family\n"));
  BOOST_TEST(contains(answer_to(get("https://www.example/")), "CONNECT"));
  BOOST_TEST(answer_to(get("https://www.example/")).starts_with("HTTP/1.1 400 "));
  BOOST_TEST(answer_to(get("ftp://www.example/")).starts_with("HTTP/1.1 501 "));
}

BOOST_AUTO_TEST_CASE(each_reason_has_its_status) {
  namespace errc = boost::system::errc;
  const auto status = [](const net::Error& error) { return http::answer_for("x", error).status; };
  const auto of = [&](errc::errc_t error) { return status(errc::make_error_code(error)); };
  for (const auto error : {errc::connection_refused, errc::connection_reset, errc::host_unreachable,
                           errc::protocol_error}) {
    BOOST_TEST(of(error) == 502u);
  }
  for (const auto error : {errc::network_unreachable, errc::address_not_available,
                           errc::too_many_files_open, errc::not_enough_memory}) {
    BOOST_TEST(of(error) == 503u);
  }
  BOOST_TEST(of(errc::timed_out) == 504u);
  for (const auto error :
       {RouteError::full, RouteError::switched_off, RouteError::spent, RouteError::target_full}) {
    BOOST_TEST(status(error) == 503u);
  }
  BOOST_TEST(status(RouteError::refused) == 403u);
  for (const auto error : {net::ResolveError::not_found, net::ResolveError::server_failure,
                           net::ResolveError::unreachable}) {
    BOOST_TEST(status(error) == 503u);
  }
  BOOST_TEST(status(net::ResolveError::timed_out) == 504u);
}

BOOST_AUTO_TEST_CASE(a_target_that_says_nothing_is_a_gateway_timeout) {
  ServerOptions options;
  options.dial.timeout = 5s;
  ProxyWorld world({"wifi", "lte"}, options);
  world.www.set_interface_up("eth0", false);
  BOOST_TEST(proxy::answer_to(world, get("http://203.0.113.10/")).starts_with("HTTP/1.1 504 "));
}

BOOST_AUTO_TEST_CASE(an_answer_to_head_has_no_body) {
  const auto answer =
      answer_to("HEAD http://www.example:81/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  BOOST_TEST(answer.ends_with("\r\n\r\n"));
  BOOST_TEST(!contains(answer, "Content-Length: 0"));
}

BOOST_AUTO_TEST_CASE(a_failed_request_leaves_the_connection_to_the_next) {
  ProxyWorld world;
  Origin origin(world, {kHello});
  const auto answer =
      proxy::answer_to(world, "GET http://www.example:81/ HTTP/1.1\r\nHost: x\r\n\r\n" + kLastGet);
  BOOST_TEST(answer.starts_with("HTTP/1.1 502 "));
  BOOST_TEST(answer.ends_with("hello"));
}

// The second request is what a server that believes the other length would see.
BOOST_AUTO_TEST_CASE(a_request_with_two_lengths_is_refused_and_ends_the_connection) {
  for (const std::string fields :
       {"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n", "Content-Length: 0\r\n X: folded\r\n",
        "Content-Length : 5\r\n", "Content-Length: 0\nX: y\r\n", "X: \rContent-Length: 5\r\n"}) {
    ProxyWorld world;
    Origin origin(world, {kHello, kHello});
    const auto answer = proxy::answer_to(
        world, "POST http://www.example/ HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + kLastGet);
    BOOST_TEST(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), fields);
    BOOST_TEST(contains(answer, "Connection: close\r\n"));
    BOOST_TEST(count_of(answer, "HTTP/1.1 ") == 1u);
    BOOST_TEST(origin.connections == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_frames_its_answer_doubtfully_is_not_believed) {
  for (const std::string fields :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\nX: y\r\n",
        "Transfer-Encoding: gzip, chunked\r\n"}) {
    ProxyWorld world;
    Origin origin(world, {"HTTP/1.1 200 OK\r\n" + fields + "\r\nhello"});
    BOOST_TEST(proxy::answer_to(world, kLastGet).starts_with("HTTP/1.1 502 Bad Gateway\r\n"),
               fields);
  }
}

BOOST_AUTO_TEST_CASE(a_broken_chunked_body_is_refused_and_reaches_no_end_at_the_server) {
  ProxyWorld world;
  std::optional<Received> server_read;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    server_read = co_await read_to_end(*stream);
  });
  const auto answer = proxy::answer_to(
      world,
      "POST http://www.example/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\nnonsense\r\n\r\n");
  world.run([](ProxyWorld& self) -> net::Task<void> {
    co_await self.laptop.clock().sleep_for(1s);  // until the server has heard of it
  }(world));
  BOOST_TEST(answer.starts_with("HTTP/1.1 400 "));
  BOOST_REQUIRE(server_read.has_value());
  BOOST_TEST(server_read->error == errc::connection_reset);
  BOOST_TEST(!contains(server_read->text, "0\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(heads_that_are_too_large_are_told_so) {
  BOOST_TEST(answer_to("GET http://x/" + std::string(20'000, 'a')).starts_with("HTTP/1.1 414 "));
  BOOST_TEST(answer_to("GET http://x/ HTTP/1.1\r\nX: " + std::string(70'000, 'a'))
                 .starts_with("HTTP/1.1 431 "));
}

BOOST_AUTO_TEST_CASE(a_request_that_does_not_come_is_timed_out) {
  ServerOptions options;
  options.handshake_timeout = 7s;
  ProxyWorld world({"wifi"}, options);
  Received received;
  const auto program = [&]() -> net::Task<void> {
    const auto before = world.simulation.now();
    received = co_await ask(world, "GET http://www.exam");
    BOOST_TEST((world.simulation.now() - before < 8s));
  };
  world.run(program());
  BOOST_TEST(received.text.starts_with("HTTP/1.1 408 "));
}

BOOST_AUTO_TEST_CASE(a_body_that_nobody_wants_is_not_waited_for_long) {
  ServerOptions options;
  options.handshake_timeout = 7s;
  ProxyWorld world({"wifi"}, options);
  Received received;
  const auto program = [&]() -> net::Task<void> {
    const auto before = world.simulation.now();
    received = co_await ask(world, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nsome");
    BOOST_TEST((world.simulation.now() - before > 6s));
    BOOST_TEST((world.simulation.now() - before < 10s));
  };
  world.run(program());
  BOOST_TEST(received.text.starts_with("HTTP/1.1 4"));
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_no_answer_is_left_at_the_handshake_timeout) {
  ServerOptions options;
  options.handshake_timeout = 7s;
  ProxyWorld world({"wifi"}, options);
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    const auto request = bytes_of("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    // Until neither side has room for more.
    auto& clock = world.laptop.clock();
    for (;;) {
      const auto sent = co_await net::write_all(*stream, request, clock.now() + 1s);
      if (sent) break;
    }
    co_await clock.sleep_for(10s);
    BOOST_TEST(world.server->counters().live == 0u);
  };
  world.run(program());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
