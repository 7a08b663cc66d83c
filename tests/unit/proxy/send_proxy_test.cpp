// Targets that are told who the client is.
#include "engine/proxy/proxy_protocol.hpp"
#include "tests/unit/proxy/proxy_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(send_proxy)
namespace {

using namespace std::string_literals;

const auto kGetFromWww =
    "GET http://203.0.113.10/ HTTP/1.1\r\nHost: 203.0.113.10\r\nConnection: close\r\n\r\n"s;

// What the web server reads of a client that sends `text`, and the client's address.
struct Told {
  std::string text;
  std::string client;
};

Told told(proxy_protocol::Version version, const std::string& text) {
  ServerOptions options;
  options.send_proxy = version;
  ProxyWorld world({"wifi"}, options);
  Told result;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    std::vector<std::byte> buffer(4096);
    while (!result.text.ends_with("hello") && !result.text.ends_with("\r\n\r\n")) {
      const auto got = co_await stream->read_some(buffer);
      if (!got || *got == 0) break;
      result.text.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
    co_await send_text(*stream, "HTTP/1.1 204 No Content\r\n\r\n");
    stream->shutdown_write();
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    result.client = std::to_string(stream->local_endpoint().port);
    co_await send_text(*stream, text);
    stream->shutdown_write();
    co_await read_to_end(*stream);
  };
  world.run(program());
  return result;
}

BOOST_AUTO_TEST_CASE(each_protocol_says_it_before_the_first_byte) {
  for (const auto& request :
       {ProxyWorld::kSocks5ToWww, ProxyWorld::kSocks4ToWww, ProxyWorld::kConnectToWww}) {
    const auto [text, client] = told(proxy_protocol::Version::v1, request + "hello");
    BOOST_TEST(text == "PROXY TCP4 127.0.0.1 203.0.113.10 " + client + " 80\r\nhello");
  }
}

BOOST_AUTO_TEST_CASE(a_forwarded_request_says_it_before_its_head) {
  const auto [text, client] = told(proxy_protocol::Version::v1, kGetFromWww);
  const auto header = "PROXY TCP4 127.0.0.1 203.0.113.10 " + client + " 80\r\n";
  BOOST_TEST(text.starts_with(header + "GET / HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(version_2_says_the_same) {
  const auto [text, client] = told(proxy_protocol::Version::v2, ProxyWorld::kSocks5ToWww + "hello");
  const auto decoded = proxy_protocol::decode(bytes_of(text));
  BOOST_REQUIRE((decoded.progress == Progress::complete));
  BOOST_REQUIRE(decoded.message.addresses.has_value());
  BOOST_TEST(net::to_string(decoded.message.addresses->source) == "127.0.0.1:" + client);
  BOOST_TEST(net::to_string(decoded.message.addresses->destination) == "203.0.113.10:80");
  BOOST_TEST(text.substr(decoded.size) == "hello");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
