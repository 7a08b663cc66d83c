// What a client sees of the proxy, byte by byte: protocol, failures, half-close, resets.

#include "engine/net/deadline.hpp"
#include "engine/proxy/socks5_client.hpp"
#include "tests/unit/proxy/proxy_world.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(session)
namespace {

namespace errc = boost::system::errc;

const auto kGreeting = socks5::encode_greeting(std::vector{socks5::Method::none});

// Answers every connection with what it received until the client's end of stream.
net::Task<void> echo_at_end(net::StreamPtr stream) {
  const auto received = co_await read_to_end(*stream);
  co_await send_text(*stream, "got " + received.text);
  stream->shutdown_write();
}

net::Task<socks5::Answer> ask(ProxyWorld& world, Target target) {
  auto stream = co_await world.connect_to_proxy();
  HandshakeBuffer buffer;
  const auto answer = co_await socks5::request_connection(*stream, buffer, std::move(target));
  BOOST_REQUIRE(answer.has_value());
  co_return *answer;
}

void check_reply(const Target& target, socks5::Reply expected) {
  ProxyWorld world;
  world.serve(echo_at_end);
  const auto program = [&]() -> net::Task<void> {
    const auto answer = co_await ask(world, target);
    BOOST_TEST((answer.reply == expected), "reply " << static_cast<int>(answer.reply));
  };
  world.run(program());
}

// Sends `bytes`, and the end of stream where `ends`: all that comes back until the proxy closes.
std::string conversation(std::vector<std::byte> bytes, ServerOptions options = {},
                         bool ends = false) {
  ProxyWorld world({"wifi", "lte"}, std::move(options));
  world.serve(echo_at_end);
  std::string answer;
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send(*stream, bytes);
    if (ends) BOOST_TEST(!stream->shutdown_write());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(!received.error, received.error.message());
    answer = received.text;
  };
  world.run(program());
  return answer;
}

BOOST_AUTO_TEST_CASE(the_success_answer_carries_the_address_that_the_target_sees) {
  ProxyWorld world({"wifi"});
  std::optional<net::Endpoint> seen;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    seen = stream->remote_endpoint();
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    const auto answer = co_await ask(world, ProxyWorld::kWww);
    BOOST_TEST((answer.reply == socks5::Reply::succeeded));
    co_await world.laptop.clock().sleep_for(1s);  // until the server has accepted
    BOOST_REQUIRE(seen.has_value());
    BOOST_TEST((answer.bound == Target{seen->address, seen->port}));
    BOOST_TEST(seen->address.to_string() == "192.0.2.2");
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_name_is_looked_up_by_the_proxy) {
  check_reply({std::string("www.example"), 80}, socks5::Reply::succeeded);
}

BOOST_AUTO_TEST_CASE(each_failure_is_answered_with_its_code) {
  check_reply({address("203.0.113.10"), 81}, socks5::Reply::connection_refused);
  check_reply({address("203.0.113.99"), 80}, socks5::Reply::host_unreachable);
  check_reply({address("2001:db8:80::10"), 80}, socks5::Reply::address_type_not_supported);
}

BOOST_AUTO_TEST_CASE(a_handshake_may_arrive_byte_by_byte) {
  ProxyWorld world;
  world.serve(echo_at_end);
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    auto bytes = kGreeting;
    const auto request = socks5::encode_request(socks5::Command::connect, ProxyWorld::kWww);
    bytes.insert(bytes.end(), request.begin(), request.end());
    for (const auto byte : bytes) {
      co_await send(*stream, std::vector<std::byte>(1, byte));
      co_await world.laptop.clock().sleep_for(100ms);
    }
    co_await send_text(*stream, "hello");
    BOOST_TEST(!stream->shutdown_write());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text.ends_with("got hello"));
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(data_sent_along_with_the_handshake_reaches_the_target_first) {
  ProxyWorld world;
  world.serve(echo_at_end);
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    auto bytes = kGreeting;
    const auto request = socks5::encode_request(socks5::Command::connect, ProxyWorld::kWww);
    bytes.insert(bytes.end(), request.begin(), request.end());
    const auto early = bytes_of("early ");
    bytes.insert(bytes.end(), early.begin(), early.end());
    co_await send(*stream, bytes);
    co_await world.laptop.clock().sleep_for(1s);
    co_await send_text(*stream, "late");
    BOOST_TEST(!stream->shutdown_write());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text.ends_with("got early late"));
  };
  world.run(program());
  BOOST_TEST(world.links->links()[0]->counters().sent.total() == 10u);
}

BOOST_AUTO_TEST_CASE(a_client_without_an_acceptable_method_is_told_so) {
  BOOST_TEST(conversation({std::byte{5}, std::byte{1}, std::byte{2}}) == "\x05\xff");
  BOOST_TEST(conversation({std::byte{5}, std::byte{1}, std::byte{1}}) == "\x05\xff");
}

// The greeting that offers a password, the password, and a request.
std::vector<std::byte> with_password(const std::string& user, const std::string& password) {
  auto bytes = socks5::encode_greeting(std::vector{socks5::Method::none, socks5::Method::password});
  append(bytes, socks5::encode_credentials({user, password}));
  append(bytes, socks5::encode_request(socks5::Command::connect, ProxyWorld::kWww));
  append(bytes, bytes_of("hello"));
  return bytes;
}

ServerOptions for_fred() {
  ServerOptions options;
  options.accounts.add("fred", "secret");
  return options;
}

BOOST_AUTO_TEST_CASE(the_right_password_opens_the_proxy) {
  const auto answer = conversation(with_password("fred", "secret"), for_fred(), true);
  BOOST_TEST(answer.substr(0, 6) == std::string("\x05\x02\x01\x00\x05\x00", 6));
  BOOST_TEST(answer.ends_with("got hello"));
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_told_and_ends_the_connection) {
  for (const auto& [user, password] : {std::pair{"fred", "secre"}, {"anna", "secret"}}) {
    const auto answer = conversation(with_password(user, password), for_fred());
    BOOST_TEST(answer == std::string("\x05\x02\x01\x01", 4));
  }
}

BOOST_AUTO_TEST_CASE(where_a_password_is_due_an_offer_of_none_is_refused) {
  BOOST_TEST(conversation(kGreeting, for_fred()) == "\x05\xff");
}

BOOST_AUTO_TEST_CASE(where_no_password_is_due_none_is_asked_for) {
  const auto answer = conversation(
      socks5::encode_greeting(std::vector{socks5::Method::password, socks5::Method::none}), {},
      true);
  BOOST_TEST(answer == std::string("\x05\x00", 2));
}

BOOST_AUTO_TEST_CASE(commands_and_address_types_that_are_not_served_are_answered_and_not_dropped) {
  auto request = socks5::encode_request(socks5::Command::connect, ProxyWorld::kWww);
  auto bytes = kGreeting;
  bytes.insert(bytes.end(), request.begin(), request.end());
  bytes[kGreeting.size() + 1] = std::byte{4};
  BOOST_TEST(conversation(bytes).substr(2, 2) == std::string("\x05\x07"));
  bytes[kGreeting.size() + 1] = std::byte{1};
  bytes[kGreeting.size() + 3] = std::byte{9};
  BOOST_TEST(conversation(bytes).substr(2, 2) == std::string("\x05\x08"));
}

BOOST_AUTO_TEST_CASE(another_protocol_is_hung_up_on) {
  BOOST_TEST(conversation(bytes_of("\x16\x03\x01")) == "");
}

BOOST_AUTO_TEST_CASE(a_silent_client_is_dropped_at_the_handshake_timeout) {
  ServerOptions options;
  options.handshake_timeout = 7s;
  ProxyWorld world({"wifi"}, options);
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send(*stream, kGreeting);
    const auto began = world.simulation.now();
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text.size() == 2u);
    BOOST_TEST(((world.simulation.now() - began) / 100ms) == 70);
  };
  world.run(program());
  BOOST_TEST(world.server->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(a_socks4_request_without_an_end_is_ended_at_the_handshake_timeout) {
  ServerOptions options;
  options.handshake_timeout = 7s;
  ProxyWorld world({"wifi"}, options);
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, ProxyWorld::kSocks4ToWww.substr(0, 4));
    const auto began = world.simulation.now();
    co_await read_to_end(*stream);
    BOOST_TEST(((world.simulation.now() - began) / 100ms) == 70);
  };
  world.run(program());
  BOOST_TEST(world.server->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(a_refused_client_that_goes_on_sending_is_not_listened_to_for_long) {
  ServerOptions options;
  options.dial.routes.push_back(parse_route_rule("203.0.113.10=refuse"));
  ProxyWorld world({"wifi"}, options);
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, ProxyWorld::kSocks5ToWww);
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text.size() == 12u);
    const auto told = world.simulation.now();
    const auto flood = bytes_of(std::string(100'000, '?'));
    while (world.server->counters().live != 0u) {
      const auto sent = co_await stream->write_some(flood);
      if (!sent) break;
      BOOST_REQUIRE((world.simulation.now() - told < 10s));
    }
    BOOST_TEST((world.simulation.now() - told >= 1s));
    BOOST_TEST((world.simulation.now() - told < 3s));
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_refused_client_that_does_not_close_is_left_after_a_moment) {
  ServerOptions options;
  options.dial.routes.push_back(parse_route_rule("203.0.113.10=refuse"));
  ProxyWorld world({"wifi"}, options);
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    co_await send_text(*stream, ProxyWorld::kSocks5ToWww);
    co_await read_to_end(*stream);
    co_await world.laptop.clock().sleep_for(3s);
    BOOST_TEST(world.server->counters().live == 0u);
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(the_client_may_close_its_half_and_still_receive) {
  ProxyWorld world;
  constexpr std::size_t kSize = 3'000'000;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text == "question");
    co_await send_text(*stream, std::string(kSize, 'x'));
    stream->shutdown_write();
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    HandshakeBuffer buffer;
    const auto answer = co_await socks5::request_connection(*stream, buffer, ProxyWorld::kWww);
    BOOST_REQUIRE(answer.has_value());
    co_await send_text(*stream, "question");
    BOOST_TEST(!stream->shutdown_write());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(!received.error);
    BOOST_TEST(received.text.size() == kSize);
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(the_target_may_close_its_half_and_still_receive) {
  ProxyWorld world;
  Received at_target;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    co_await send_text(*stream, "greeting");
    stream->shutdown_write();
    at_target = co_await read_to_end(*stream);
  });
  constexpr std::size_t kSize = 3'000'000;
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    HandshakeBuffer buffer;
    const auto answer = co_await socks5::request_connection(*stream, buffer, ProxyWorld::kWww);
    BOOST_REQUIRE(answer.has_value());
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST(received.text == "greeting");
    co_await send_text(*stream, std::string(kSize, 'y'));
    BOOST_TEST(!stream->shutdown_write());
    co_await world.laptop.clock().sleep_for(10s);
  };
  world.run(program());
  BOOST_TEST(!at_target.error);
  BOOST_TEST(at_target.text.size() == kSize);
}

BOOST_AUTO_TEST_CASE(a_reset_of_the_target_reaches_the_client) {
  ProxyWorld world;
  world.serve([&](net::StreamPtr stream) -> net::Task<void> {
    std::vector<std::byte> buffer(1);
    BOOST_TEST(co_await net::read_full(*stream, buffer) == 1u);
    stream->abort();
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    HandshakeBuffer buffer;
    const auto answer = co_await socks5::request_connection(*stream, buffer, ProxyWorld::kWww);
    BOOST_REQUIRE(answer.has_value());
    co_await send_text(*stream, "x");
    const auto received = co_await read_to_end(*stream);
    BOOST_TEST((received.error == errc::connection_reset), received.error.message());
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_reset_of_the_client_reaches_the_target) {
  ProxyWorld world;
  Received at_target;
  world.serve(
      [&](net::StreamPtr stream) -> net::Task<void> { at_target = co_await read_to_end(*stream); });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    HandshakeBuffer buffer;
    const auto answer = co_await socks5::request_connection(*stream, buffer, ProxyWorld::kWww);
    BOOST_REQUIRE(answer.has_value());
    co_await send_text(*stream, "x");
    co_await world.laptop.clock().sleep_for(1s);
    stream->abort();
    co_await world.laptop.clock().sleep_for(1s);
  };
  world.run(program());
  BOOST_TEST((at_target.error == errc::connection_reset), at_target.error.message());
  BOOST_TEST(at_target.text == "x");
  BOOST_TEST(world.server->counters().live == 0u);
  BOOST_TEST(world.links->links()[0]->counters().live == 0u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
