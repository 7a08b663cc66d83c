// Clients that come by another proxy, which says who they are.
#include "engine/proxy/proxy_protocol.hpp"
#include "tests/unit/proxy/proxy_world.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(accept_proxy)
namespace {

using namespace std::string_literals;
namespace errc = boost::system::errc;

const auto kListener = endpoint("127.0.0.1:1081");

std::string header(const char* client,
                   proxy_protocol::Version version = proxy_protocol::Version::v2) {
  const proxy_protocol::Addresses addresses{endpoint(client), kListener};
  return std::string(text_of(proxy_protocol::encode(version, addresses)));
}

struct BehindProxy : ProxyWorld {
  explicit BehindProxy(ServerOptions options = {}) : ProxyWorld({"wifi"}, std::move(options)) {
    ListenerSpec spec;
    spec.endpoint = kListener;
    spec.entrance.accept_proxy = true;
    BOOST_REQUIRE(server->open(spec).has_value());
    server->start();
    serve([](net::StreamPtr stream) -> net::Task<void> {
      const auto received = co_await read_to_end(*stream);
      co_await send_text(*stream, "got " + received.text);
      stream->shutdown_write();
    });
  }

  // What comes back from the proxy after `text` and the end of stream.
  Received conversation(const std::string& text) {
    Received received;
    const auto program = [&]() -> net::Task<void> {
      auto stream = co_await laptop.network().connect(kListener, net::kAnyEgress);
      co_await send_text(**stream, text);
      (void)(*stream)->shutdown_write();
      received = co_await read_to_end(**stream);
    };
    run(program());
    return received;
  }
};

ServerOptions with(AdmissionOptions admission) {
  ServerOptions options;
  options.admission = std::move(admission);
  return options;
}

BOOST_AUTO_TEST_CASE(both_versions_and_no_client_at_all_are_served) {
  BehindProxy world;
  const auto noop = "\x21\x11\x00\x13\xc0\x00\x02\x01\xcb\x00\x71\x0a\xdc\x04\x01\xbb"s;
  const auto signature = "\r\n\r\n\0\r\nQUIT\n"s;
  for (const auto& first :
       {header("198.51.100.7:7777"), header("198.51.100.7:7777", proxy_protocol::Version::v1),
        "PROXY UNKNOWN\r\n"s, signature + "\x20\x00\x00\x00"s,
        signature + noop + "\x04\x00\x04\x00\x00\x00\x00"s}) {
    const auto received = world.conversation(first + ProxyWorld::kSocks5ToWww + "hello");
    BOOST_TEST(received.text.ends_with("got hello"));
    BOOST_TEST(!received.error);
  }
}

BOOST_AUTO_TEST_CASE(extensions_of_any_size_are_skipped) {
  BehindProxy world;
  auto first = header("198.51.100.7:7777");
  first[14] = '\xff';
  first[15] = '\xff';
  const auto received =
      world.conversation(first + std::string(65535 - 12, 'x') + ProxyWorld::kSocks5ToWww + "hello");
  BOOST_TEST(received.text.ends_with("got hello"));
}

BOOST_AUTO_TEST_CASE(what_begins_with_no_header_is_reset) {
  BehindProxy world;
  for (const auto& text : {ProxyWorld::kSocks5ToWww, "GET / HTTP/1.1\r\n\r\n"s,
                           "PROXY TCP4 x\r\n"s + ProxyWorld::kSocks5ToWww}) {
    const auto received = world.conversation(text);
    BOOST_TEST(received.text == "");
    BOOST_TEST(received.error == errc::connection_reset);
  }
  BOOST_TEST(world.server->counters().refused == 3u);
}

BOOST_AUTO_TEST_CASE(a_header_at_another_listener_is_no_protocol) {
  BehindProxy world;
  Received received;
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, header("198.51.100.7:7777") + ProxyWorld::kSocks5ToWww + "hello");
    received = co_await read_to_end(*stream);
  };
  world.run(program());
  BOOST_TEST(received.text.find("got") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_those_who_are_trusted_may_connect) {
  ServerOptions options;
  options.trusted_proxies = {prefix("198.51.100.0/24")};
  BehindProxy world(options);
  const auto received =
      world.conversation(header("127.0.0.1:7777") + ProxyWorld::kSocks5ToWww + "hello");
  BOOST_TEST(received.text == "");
  BOOST_TEST(received.error == errc::connection_reset);
  BOOST_TEST(world.server->counters().turned_away == 1u);
}

BOOST_AUTO_TEST_CASE(the_allowed_ranges_are_of_the_real_client) {
  BehindProxy world(with({{prefix("198.51.100.0/24")}, 0, 0}));
  BOOST_TEST(world.conversation(header("198.51.100.7:1") + ProxyWorld::kSocks5ToWww + "hello")
                 .text.ends_with("got hello"));
  BOOST_TEST(
      world.conversation(header("[::ffff:198.51.100.7]:1") + ProxyWorld::kSocks5ToWww + "hello")
          .text.ends_with("got hello"));
  const auto refused =
      world.conversation(header("203.0.113.7:1") + ProxyWorld::kSocks5ToWww + "hello");
  BOOST_TEST(refused.text == "");
  BOOST_TEST(refused.error == errc::connection_reset);
}

BOOST_AUTO_TEST_CASE(the_limit_for_one_client_is_of_the_real_one) {
  BehindProxy world(with({{}, 0, 1}));
  const auto program = [&]() -> net::Task<void> {
    const auto connect = [&](std::string client) -> net::Task<net::StreamPtr> {
      auto stream = co_await world.laptop.network().connect(kListener, net::kAnyEgress);
      co_await send_text(**stream, header(client.c_str()) + ProxyWorld::kSocks5ToWww);
      std::array<std::byte, 12> answer;
      const auto got = co_await net::read_full(**stream, answer);
      if (!got || *got != answer.size()) co_return nullptr;
      co_return std::move(*stream);
    };
    auto first = co_await connect("198.51.100.7:1");
    BOOST_TEST(first != nullptr);
    const auto second = co_await connect("198.51.100.7:2");
    BOOST_TEST(second == nullptr);
    const auto other = co_await connect("198.51.100.8:1");
    BOOST_TEST(other != nullptr);
    first.reset();  // its end makes room
    co_await world.laptop.clock().sleep_for(1s);
    const auto third = co_await connect("198.51.100.7:3");
    BOOST_TEST(third != nullptr);
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_header_that_does_not_end_is_ended) {
  BehindProxy world;
  const auto began = world.simulation.now();
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.laptop.network().connect(kListener, net::kAnyEgress);
    co_await send_text(**stream, "PROXY TCP4 ");
    co_await read_to_end(**stream);
    const auto took = world.simulation.now() - began;
    BOOST_TEST((took > 29s && took < 31s));
  };
  world.run(program());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
