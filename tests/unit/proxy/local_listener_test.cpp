// Clients that come by a Unix-domain socket.
#include "tests/unit/proxy/proxy_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(local_listener)
namespace {

using namespace std::string_literals;

const auto kPath = "/run/dispatch.sock"s;

struct LocalWorld : ProxyWorld {
  explicit LocalWorld(ServerOptions options = {}, std::string listener = "unix:" + kPath)
      : ProxyWorld({"wifi"}, std::move(options)) {
    simulation.set_log_sink(
        [this](auto, auto, auto, std::string_view line) { log += std::string(line) + "\n"; });
    BOOST_REQUIRE(server->open(parse_listener_spec(listener)).has_value());
    server->start();
    serve([](net::StreamPtr stream) -> net::Task<void> {
      const auto received = co_await read_to_end(*stream);
      co_await send_text(*stream, "got " + received.text);
      stream->shutdown_write();
    });
  }

  std::string conversation(const std::string& text) {
    std::string answer;
    const auto program = [&]() -> net::Task<void> {
      auto stream = laptop.network().connect_local(kPath);
      BOOST_REQUIRE(stream.has_value());
      co_await send_text(**stream, text);
      BOOST_TEST(!(*stream)->shutdown_write());
      answer = (co_await read_to_end(**stream)).text;
    };
    run(program());
    return answer;
  }

  std::string log;
};

BOOST_AUTO_TEST_CASE(every_protocol_is_served_and_the_log_names_the_path) {
  LocalWorld world;
  BOOST_TEST(world.conversation(ProxyWorld::kSocks5ToWww + "hello").ends_with("got hello"));
  const auto connect = "CONNECT 203.0.113.10:80 HTTP/1.1\r\nHost: 203.0.113.10\r\n\r\n"s;
  BOOST_TEST(world.conversation(connect + "hello").ends_with("got hello"));
  BOOST_TEST(world.log.find("unix:" + kPath + " -> 203.0.113.10:80 through wifi") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(neither_ranges_nor_limits_for_one_address_apply) {
  ServerOptions options;
  options.admission.allowed = {prefix("192.0.2.0/24")};
  options.admission.connections_per_max = 1;
  LocalWorld world(options);
  const auto program = [&]() -> net::Task<void> {
    auto first = world.laptop.network().connect_local(kPath);
    auto second = world.laptop.network().connect_local(kPath);
    for (auto* const stream : {&first, &second}) {
      co_await send_text(***stream, ProxyWorld::kSocks5ToWww);
      std::array<std::byte, 12> answer;
      const auto got = co_await net::read_full(***stream, answer);
      BOOST_TEST(got.value() == answer.size());
    }
  };
  world.run(program());
  BOOST_TEST(world.server->counters().turned_away == 0u);
}

BOOST_AUTO_TEST_CASE(a_password_is_asked_for_all_the_same) {
  ServerOptions options;
  options.accounts.add("fred", "secret");
  LocalWorld world(options);
  BOOST_TEST((world.conversation(ProxyWorld::kSocks5ToWww + "hello") == "\x05\xff"s));
}

BOOST_AUTO_TEST_CASE(a_proxy_before_it_says_who_the_client_is) {
  LocalWorld world({}, "unix:" + kPath + ",accept-proxy");
  const auto answer = world.conversation("PROXY TCP4 198.51.100.7 198.51.100.1 7777 1\r\n" +
                                         ProxyWorld::kSocks5ToWww + "hello");
  BOOST_TEST(answer.ends_with("got hello"));
  BOOST_TEST(world.log.find("198.51.100.7:7777 -> 203.0.113.10:80") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(it_is_gone_after_the_stop) {
  LocalWorld world;
  const auto program = [&]() -> net::Task<void> {
    co_await world.server->stop(1s);
    BOOST_TEST(!world.laptop.network().connect_local(kPath).has_value());
  };
  world.run(program());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
