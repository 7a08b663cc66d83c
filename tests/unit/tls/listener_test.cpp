// The proxy's protocols inside TLS, on the port where they are served without it.
#include "engine/tls/stream.hpp"
#include "tests/unit/proxy/proxy_world.hpp"
#include "tests/unit/tls/certificate.hpp"

#include <boost/asio/ssl/error.hpp>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(tls_listener)
namespace {

using namespace std::string_literals;

struct SecureProxy {
  static ServerOptions with(const tls::Identity& identity) {
    ServerOptions options;
    options.tls = tls::Context::server(identity.certificate, identity.key);
    return options;
  }

  SecureProxy() : world({"wifi"}, with(identity)) {
    world.serve([](net::StreamPtr stream) -> net::Task<void> {
      const auto received = co_await read_to_end(*stream);
      co_await send_text(*stream, "got " + received.text);
      stream->shutdown_write();
    });
  }

  net::Task<net::StreamPtr> connect() {
    auto stream = co_await world.connect_to_proxy();
    auto secured =
        co_await tls::Stream::connect(world.laptop, context, std::move(stream), "proxy.example");
    co_return std::move(secured.value());
  }

  // Sends `text` and the end of stream: all that comes back.
  std::string conversation(const std::string& text) {
    std::string answer;
    const auto program = [&]() -> net::Task<void> {
      auto stream = co_await connect();
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

  tls::Identity identity = tls::make_identity("proxy.example");
  std::shared_ptr<const tls::Context> context = tls::Context::client(identity.certificate);
  ProxyWorld world;
};

BOOST_AUTO_TEST_CASE(every_protocol_is_served_inside) {
  SecureProxy proxy;
  BOOST_TEST(proxy.conversation(ProxyWorld::kSocks5ToWww + "hello").ends_with("got hello"));
  BOOST_TEST(proxy.conversation(ProxyWorld::kSocks4ToWww + "hello").ends_with("got hello"));
  const auto answer = proxy.conversation(ProxyWorld::kConnectToWww + "hello");
  BOOST_TEST(answer.starts_with("HTTP/1.1 200 "));
  BOOST_TEST(answer.ends_with("\r\n\r\ngot hello"));
}

BOOST_AUTO_TEST_CASE(bulk_goes_both_ways_whole) {
  SecureProxy proxy;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i);
  const auto answer = proxy.conversation(ProxyWorld::kConnectToWww + text);
  BOOST_TEST(answer.size() > text.size());
  BOOST_TEST(answer.ends_with("got " + text));
}

BOOST_AUTO_TEST_CASE(plain_clients_are_served_beside) {
  SecureProxy proxy;
  std::string answer;
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await proxy.world.connect_to_proxy();
    co_await send_text(*stream, ProxyWorld::kSocks5ToWww + "hello");
    stream->shutdown_write();
    answer = (co_await read_to_end(*stream)).text;
  };
  proxy.world.run(program());
  BOOST_TEST(answer.ends_with("got hello"));
}

BOOST_AUTO_TEST_CASE(they_are_not_where_the_listener_is_for_tls_only) {
  SecureProxy proxy;
  auto only = parse_listener_spec("127.0.0.1:1443,tls");
  BOOST_REQUIRE(proxy.world.server->open(only).has_value());
  proxy.world.server->start();
  Received received;
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await proxy.world.laptop.network().connect(only.endpoint, net::kAnyEgress);
    co_await send_text(**stream, ProxyWorld::kSocks5ToWww + "hello");
    received = co_await read_to_end(**stream);
  };
  proxy.world.run(program());
  BOOST_TEST(received.text == "");
  BOOST_TEST(proxy.world.server->counters().refused == 1u);
}

BOOST_AUTO_TEST_CASE(a_handshake_that_does_not_end_is_ended) {
  SecureProxy proxy;
  const auto began = proxy.world.simulation.now();
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await proxy.world.connect_to_proxy();
    co_await send_text(*stream, "\x16\x03\x01\x02\x00\x01");  // the beginning of a ClientHello
    co_await read_to_end(*stream);
  };
  proxy.world.run(program());
  const auto took = proxy.world.simulation.now() - began;
  BOOST_TEST((took > 29s && took < 31s));
  BOOST_TEST(proxy.world.server->counters().refused == 1u);
}

BOOST_AUTO_TEST_CASE(a_tunnel_that_is_cut_off_is_cut_off_at_the_target_too) {
  SecureProxy proxy;
  Received at_target;
  proxy.world.handlers[0] = [&](net::StreamPtr stream) -> net::Task<void> {
    at_target = co_await read_to_end(*stream);
  };
  const auto program = [&]() -> net::Task<void> {
    auto below = co_await proxy.world.connect_to_proxy();
    auto* const under = below.get();
    auto stream = co_await tls::Stream::connect(proxy.world.laptop, proxy.context, std::move(below),
                                                "proxy.example");
    co_await send_text(**stream, ProxyWorld::kSocks5ToWww + "half of it");
    co_await proxy.world.laptop.clock().sleep_for(1s);
    under->shutdown_write();  // without close_notify
    co_await proxy.world.laptop.clock().sleep_for(1s);
  };
  proxy.world.run(program());
  BOOST_TEST(at_target.text == "half of it");
  BOOST_TEST(at_target.error == boost::system::errc::connection_reset);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
