// SOCKS4 and 4a as a client sees them.

#include "tests/unit/proxy/proxy_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(socks4_session)
namespace {

using namespace std::string_literals;

const auto kToWww =
    "\x04\x01\x00\x50\xcb\x00\x71\x0a"
    "fred\0"s;
const auto kRejected = "\0\x5b"s;

// Answers every connection with what it received until the client's end of stream.
net::Task<void> echo_at_end(net::StreamPtr stream) {
  const auto received = co_await read_to_end(*stream);
  co_await send_text(*stream, "got " + received.text);
  stream->shutdown_write();
}

// Sends `text` and the end of stream: all that comes back.
std::string conversation(const std::string& text, ServerOptions options = {},
                         std::vector<std::string> links = {"wifi", "lte"}) {
  ProxyWorld world(std::move(links), std::move(options));
  world.serve(echo_at_end);
  std::string answer;
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, text);
    BOOST_TEST(!stream->shutdown_write());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(!received.error, received.error.message());
    answer = received.text;
  };
  world.run(program());
  BOOST_TEST(world.links->links()[0]->counters().live == 0u);
  return answer;
}

BOOST_AUTO_TEST_CASE(a_connection_is_granted_and_relayed) {
  const auto answer = conversation(kToWww + "hello", {}, {"wifi"});
  BOOST_REQUIRE(answer.size() > 8u);
  BOOST_TEST(answer.substr(0, 2) == "\0\x5a"s);
  BOOST_TEST(answer.substr(4, 4) == "\xc0\x00\x02\x02"s);  // 192.0.2.2, the link's
  BOOST_TEST(answer.substr(8) == "got hello");
}

BOOST_AUTO_TEST_CASE(a_name_is_looked_up_by_the_proxy) {
  const auto answer = conversation("\x04\x01\x00\x50\x00\x00\x00\x01\0www.example\0hello"s);
  BOOST_TEST(answer.substr(0, 2) == "\0\x5a"s);
  BOOST_TEST(answer.substr(8) == "got hello");
}

BOOST_AUTO_TEST_CASE(failures_are_answered) {
  auto closed_port = kToWww;
  closed_port[3] = 81;
  BOOST_TEST(conversation(closed_port).substr(0, 2) == kRejected);
  const auto unknown = conversation("\x04\x01\x00\x50\x00\x00\x00\x01\0gone.example\0"s);
  BOOST_TEST(unknown.substr(0, 2) == kRejected);
  BOOST_TEST(unknown.size() == 8u);  // one answer
  BOOST_TEST(conversation("\x04\x07").substr(0, 2) == kRejected);
}

BOOST_AUTO_TEST_CASE(where_a_password_is_due_the_protocol_cannot_be_used) {
  ServerOptions options;
  options.accounts.add("fred", "secret");
  BOOST_TEST(conversation(kToWww, options).substr(0, 2) == kRejected);
}

BOOST_AUTO_TEST_CASE(links_take_turns_as_they_do_for_socks5) {
  ProxyWorld world({"wifi/2", "lte/1"});
  world.serve(echo_at_end);
  const auto program = [&]() -> net::Task<void> {
    for (int i = 0; i < 6; ++i) {
      auto stream = co_await world.connect_to_proxy();
      co_await send_text(*stream, kToWww);
      BOOST_TEST(!stream->shutdown_write());
      co_await read_to_end(*stream);
    }
  };
  world.run(program());
  const std::string a = "192.0.2.2";
  const std::string b = "198.51.100.2";
  BOOST_TEST((world.sources == std::vector{a, b, a, a, b, a}));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
