// Bodies, of every framing, in both directions.

#include "tests/unit/proxy/http_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(http_body)
namespace {

const std::string kPost = "POST http://www.example/ HTTP/1.1\r\nHost: www.example\r\n";

// What the client gets for `answer` of the server's, to its request `request`.
std::string passed(const std::string& answer, const std::string& request = kLastGet) {
  ProxyWorld world;
  Origin origin(world, {answer});
  return answer_to(world, request);
}

BOOST_AUTO_TEST_CASE(a_chunked_response_is_framed_anew_with_its_trailers) {
  const auto got = passed(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, Content-Length\r\n\r\n"
      "5;name=\"x\"\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 42\r\nSet-Cookie: a\r\n\r\n");
  BOOST_TEST(got ==
             "HTTP/1.1 200 OK\r\nTrailer: X-Sum, Content-Length\r\nTransfer-Encoding: chunked\r\n"
             "Connection: close\r\nVia: 1.1 dispatch\r\n\r\n"
             "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 42\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_chunked_request_is_framed_anew) {
  ProxyWorld world;
  std::string got;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    got = co_await read_until(*stream, "X-Sum: 42\r\n\r\n");
    co_await send_text(*stream, kHello);
    co_await read_to_end(*stream);
  });
  const auto answer = answer_to(world, kPost +
                                           "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                                           "0005;x\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n");
  BOOST_TEST(contains(answer, "hello"));
  BOOST_TEST(got ==
             "POST / HTTP/1.1\r\nHost: www.example\r\nTransfer-Encoding: chunked\r\n"
             "Via: 1.1 dispatch\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_response_without_a_length_ends_with_the_connection) {
  BOOST_TEST(passed("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it", kGet) ==
             "HTTP/1.1 200 OK\r\nConnection: close\r\nVia: 1.1 dispatch\r\n\r\nall of it");
}

BOOST_AUTO_TEST_CASE(responses_without_a_body_end_with_their_heads) {
  ProxyWorld world;
  Origin origin(world, {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
                        "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n",
                        "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", kHello});
  const auto got =
      answer_to(world, "HEAD http://www.example/ HTTP/1.1\r\nHost: www.example\r\n\r\n" + kGet +
                           kGet + kLastGet);
  BOOST_TEST(got ==
             "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nVia: 1.1 dispatch\r\n\r\n"
             "HTTP/1.1 204 No Content\r\nVia: 1.1 dispatch\r\n\r\n"
             "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nVia: 1.1 dispatch\r\n\r\n"
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n"
             "Via: 1.1 dispatch\r\n\r\nhello");
  BOOST_TEST(origin.connections == 1);
}

BOOST_AUTO_TEST_CASE(interim_responses_are_passed_on) {
  const auto got = passed(
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + kHello);
  BOOST_TEST(
      got.starts_with("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nVia: 1.1 dispatch\r\n"
                      "\r\nHTTP/1.1 102 Processing\r\nVia: 1.1 dispatch\r\n\r\n"
                      "HTTP/1.1 200 OK\r\n"));
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_for_100_continue_gets_the_servers) {
  ProxyWorld world;
  std::string head;
  std::string body;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    head = co_await read_until(*stream, "\r\n\r\n");
    co_await send_text(*stream, "HTTP/1.1 100 Continue\r\n\r\n");
    body = co_await read_until(*stream, "the body");
    co_await send_text(*stream, kHello);
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(
        *stream, kPost + "Expect: 100-continue\r\nContent-Length: 8\r\nConnection: close\r\n\r\n");
    const auto interim = co_await read_until(*stream, "\r\n\r\n");
    BOOST_TEST(interim.starts_with("HTTP/1.1 100 Continue\r\n"));
    co_await send_text(*stream, "the body");
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text.ends_with("hello"));
  };
  world.run(program());
  BOOST_TEST(contains(head, "Expect: 100-continue\r\n"));
  BOOST_TEST(body == "the body");
}

// Whether the client will send the body cannot be known: the connection must end.
BOOST_AUTO_TEST_CASE(an_answer_instead_of_100_continue_ends_the_connection) {
  ProxyWorld world;
  Origin origin(world, {"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"});
  const auto got = answer_to(world, kPost + "Expect: 100-continue\r\nContent-Length: 8\r\n\r\n");
  BOOST_TEST(contains(got, "417"));
  BOOST_TEST(contains(got, "Connection: close\r\n"));
}

BOOST_AUTO_TEST_CASE(a_body_goes_on_after_an_early_answer_and_the_connection_stays) {
  ProxyWorld world;
  std::string body;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    co_await read_until(*stream, "\r\n\r\n");
    co_await send_text(*stream, kHello);
    body = co_await read_until(*stream, "the end");
    co_await read_until(*stream, "\r\n\r\n");
    co_await send_text(*stream, kHello);
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kPost + "Content-Length: 14\r\n\r\n");
    const auto early = co_await read_until(*stream, "hello");
    BOOST_TEST(contains(early, "hello"));
    co_await send_text(*stream, "until ");
    co_await world.laptop.clock().sleep_for(1s);
    co_await send_text(*stream, " the end" + kLastGet);
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text.ends_with("hello"));
  };
  world.run(program());
  BOOST_TEST(body == "until  the end");
}

BOOST_AUTO_TEST_CASE(bodies_of_both_directions_pass_at_the_same_time) {
  ProxyWorld world;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    co_await read_until(*stream, "\r\n\r\n");
    co_await send_text(*stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i != 3; ++i) {
      co_await read_until(*stream, "ping");
      co_await send_text(*stream, "4\r\npong\r\n");
    }
    co_await send_text(*stream, "0\r\n\r\n");
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kPost + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
    for (int i = 0; i != 3; ++i) {
      co_await send_text(*stream, "4\r\nping\r\n");
      const auto got = co_await read_until(*stream, "pong");
      BOOST_TEST(contains(got, "pong"));
    }
    co_await send_text(*stream, "0\r\n\r\n");
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text.ends_with("0\r\n\r\n"));
  };
  world.run(program());
}

// The server has 60 MB for a client that reads nothing for a while: time enough for all of it, were
// it not held back. What it may send is what the buffers of two TCP connections hold.
BOOST_AUTO_TEST_CASE(a_slow_reader_holds_the_server_back_and_gets_every_byte) {
  constexpr std::size_t kSize = 60'000'000;
  ProxyWorld world({"wifi"});
  std::size_t sent = 0;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    co_await read_until(*stream, "\r\n\r\n");
    co_await send_text(*stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::vector<std::byte> piece(1000, std::byte{'x'});
    while (sent < kSize) {
      co_await send_text(*stream, "3e8\r\n");
      co_await send(*stream, piece);
      co_await send_text(*stream, "\r\n");
      sent += piece.size();
    }
    co_await send_text(*stream, "0\r\n\r\n");
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kLastGet);
    co_await world.laptop.clock().sleep_for(30s);
    BOOST_TEST(sent < kSize / 2);
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(count_of(received.text, "x") == kSize);
    BOOST_TEST(received.text.ends_with("\r\n0\r\n\r\n"));
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_response_that_is_cut_short_does_not_look_complete) {
  for (const std::string framing :
       {"Content-Length: 10\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    ProxyWorld world;
    Origin origin(world, {"HTTP/1.1 200 OK\r\nConnection: close\r\n" + framing});
    Received received;
    const auto program = [&]() -> net::Task<void> { received = co_await ask(world, kGet); };
    world.run(program());
    BOOST_TEST(received.error == errc::connection_reset, framing);
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_resets_its_connection_ends_the_servers) {
  ProxyWorld world({"wifi"});
  std::optional<Received> server_read;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    co_await read_until(*stream, "\r\n\r\n");
    server_read = co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kGet);
    co_await world.laptop.clock().sleep_for(1s);
    stream->abort();
    co_await world.laptop.clock().sleep_for(1s);
  };
  world.run(program());
  BOOST_REQUIRE(server_read.has_value());
  BOOST_TEST(server_read->error == errc::connection_reset);
  BOOST_TEST(world.links->links()[0]->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(a_client_that_ends_its_stream_still_gets_its_answer) {
  ProxyWorld world;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    co_await read_until(*stream, "\r\n\r\n");
    co_await world.www.clock().sleep_for(5s);
    co_await send_text(*stream, kHello);
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, kGet);
    BOOST_TEST(!stream->shutdown_write());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text.ends_with("hello"));
  };
  world.run(program());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
