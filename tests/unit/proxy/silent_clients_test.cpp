// Ten thousand clients at once that begin a handshake and say no more: they cost little, hold up
// nobody, and are let go when their time is over.

#include "tests/unit/proxy/proxy_world.hpp"

#include <malloc.h>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(silent_clients)
namespace {

using namespace std::string_literals;

constexpr std::size_t kClients = 10'000;
constexpr auto kHandshake = 30s;
// Of the proxy's own memory, for each: a session's coroutines and its buffer of 1 KiB. (7.4 to 11
// kB; what is relayed has neither.)
constexpr std::size_t kClientMost = 12 * 1024;

// Of the heap, whoever asked for it: coroutines do not go by operator new.
std::size_t bytes_in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

ServerOptions patient() {
  ServerOptions options;
  options.handshake_timeout = kHandshake;
  return options;
}

struct Crowd {
  explicit Crowd(std::string says) : first(std::move(says)) {
    world.serve([](net::StreamPtr stream) -> net::Task<void> {
      co_await send_text(*stream, "hello");
      stream->shutdown_write();
      co_await read_to_end(*stream);
    });
  }

  net::Task<void> come(net::Endpoint to) {
    for (std::size_t i = 0; i < kClients; ++i) {
      auto stream = co_await world.laptop.network().connect(to, net::kAnyEgress);
      BOOST_REQUIRE(stream.has_value());
      if (!first.empty()) co_await send_text(**stream, first);
      clients.push_back(std::move(*stream));
    }
  }

  // A listener that reads what comes and holds the rest: what the connections themselves cost.
  net::Task<void> hold(net::Endpoint at) {
    auto listener = world.laptop.network().listen(at, {}).value();
    while (true) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      std::vector<std::byte> said(first.size());
      if (!said.empty()) co_await net::read_full(**stream, said);
      held.push_back(std::move(*stream));
    }
  }

  // The memory that came to be, for each client.
  std::size_t cost_of_coming(net::Endpoint to) {
    clients.reserve(kClients);
    held.reserve(kClients);
    const auto before = bytes_in_use();
    world.run(come(to), kHandshake / 2);
    world.simulation.run_for(100ms);
    return (bytes_in_use() - before) / kClients;
  }

  // How long somebody who knows what they want waits for a target's first bytes.
  net::Duration time_of_another() {
    net::Duration took{};
    const auto program = [&]() -> net::Task<void> {
      const auto began = world.simulation.now();
      auto stream = co_await world.connect_to_proxy();
      co_await send_text(*stream, ProxyWorld::kSocks5ToWww);
      std::vector<std::byte> answer(12 + 5);
      const auto got = co_await net::read_full(*stream, answer);
      BOOST_TEST(got.has_value());
      took = world.simulation.now() - began;
    };
    world.run(program());
    return took;
  }

  std::string first;
  ProxyWorld world{{"wifi"}, patient()};
  std::vector<net::StreamPtr> clients;
  std::vector<net::StreamPtr> held;
};

std::size_t cost_without_a_proxy(const std::string& first) {
  const auto elsewhere = endpoint("127.0.0.1:9");
  Crowd crowd(first);
  crowd.world.laptop.spawn(crowd.hold(elsewhere));
  const auto cost = crowd.cost_of_coming(elsewhere);
  BOOST_REQUIRE_EQUAL(crowd.held.size(), kClients);
  return cost;
}

void check(const std::string& first) {
  const auto bare = cost_without_a_proxy(first);
  Crowd crowd(first);
  const auto began = crowd.world.simulation.now();
  const auto cost = crowd.cost_of_coming(ProxyWorld::kProxy);
  BOOST_TEST(crowd.world.server->counters().live == kClients);
  BOOST_TEST_MESSAGE("each of them takes " << cost - bare << " bytes");
#ifndef __SANITIZE_ADDRESS__
  BOOST_TEST(cost > bare);
  BOOST_TEST(cost - bare < kClientMost);
#endif

  // Two round trips to the target: what it takes on an idle proxy.
  BOOST_TEST((crowd.time_of_another() < 70ms));

  const auto sockets = crowd.world.laptop.tcp_sockets();
  BOOST_TEST(sockets >= 2 * kClients);
  crowd.world.simulation.run_until(began + kHandshake - 1s);
  BOOST_TEST(crowd.world.server->counters().live == kClients);
  crowd.world.simulation.run_for(kHandshake);
  BOOST_TEST(crowd.world.server->counters().live == 0u);
  BOOST_TEST((crowd.time_of_another() < 70ms));
  crowd.clients.clear();
  crowd.world.simulation.run_for(5min);
  BOOST_TEST(crowd.world.laptop.tcp_sockets() == 0u);
}

BOOST_AUTO_TEST_CASE(who_says_nothing_costs_little_and_is_let_go) {
  check("");
}

BOOST_AUTO_TEST_CASE(who_begins_a_greeting_costs_little_and_is_let_go) {
  check("\x05"s);
}

BOOST_AUTO_TEST_CASE(who_greets_and_asks_for_nothing_costs_little_and_is_let_go) {
  check("\x05\x01\x00"s);
}

BOOST_AUTO_TEST_CASE(who_sends_half_a_request_costs_little_and_is_let_go) {
  check("GET http://203.0.113.10/ HTTP/1.1\r\nHost: 203"s);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
