// A laptop with two links that runs the proxy, a web server in the internet, and client programs on
// the laptop: the stage of the proxy's tests.
#pragma once

#include "engine/link/link_spec.hpp"
#include "engine/link/policy/smooth_weighted_round_robin.hpp"
#include "engine/proxy/handshake_buffer.hpp"
#include "engine/proxy/server.hpp"
#include "engine/proxy/socks5.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/host.hpp"
#include "sim/host/world.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::proxy {

using namespace std::chrono_literals;

inline net::Address address(std::string_view text) {
  return net::parse_address(text).value();
}
inline net::Endpoint endpoint(std::string_view text) {
  return net::parse_endpoint(text).value();
}
inline net::Prefix prefix(std::string_view text) {
  return net::parse_prefix(text).value();
}

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto raw = std::as_bytes(std::span(text));
  return {raw.begin(), raw.end()};
}

struct ProxyWorld {
  static constexpr auto kWifiDelay = 10ms;
  static constexpr auto kLteDelay = 30ms;

  explicit ProxyWorld(std::vector<std::string> arguments = {"wifi", "lte"},
                      ServerOptions options = {}, std::uint64_t seed = 1)
      : simulation(seed),
        world(simulation),
        laptop(world.add_host("laptop")),
        www(world.add_host("www")) {
    world.attach(laptop, "wifi", {prefix("192.0.2.2/24")}, line(kWifiDelay));
    world.attach(laptop, "lte", {prefix("198.51.100.2/24")}, line(kLteDelay));
    world.attach(www, "eth0", {prefix("203.0.113.10/24"), prefix("2001:db8:80::10/64")}, line(5ms));
    laptop.add_host_name("www.example", {address("203.0.113.10")});
    std::vector<link::LinkSpec> specs;
    for (const auto& argument : arguments) specs.push_back(link::parse_link_spec(argument));
    const auto interfaces = laptop.interfaces().list().value();
    links.emplace(link::make_links(specs, interfaces, laptop.network()),
                  [] { return std::make_unique<link::SmoothWeightedRoundRobin>(); });
    server.emplace(laptop, *links, options);
    BOOST_REQUIRE(server->listen(kProxy).has_value());
    server->start();
  }

  // Tasks refer to the links and the server.
  ~ProxyWorld() { simulation.drop_tasks(); }
  ProxyWorld(const ProxyWorld&) = delete;
  ProxyWorld& operator=(const ProxyWorld&) = delete;

  static sim::LinkOptions line(net::Duration delay) {
    sim::DirectionOptions both;
    both.rate = sim::DataRate::bits_per_second(20'000'000);
    both.delay = delay;
    return sim::LinkOptions::symmetric(both);
  }

  // Listens on the web server's port 80 and gives each connection to `serve`.
  void serve(std::function<net::Task<void>(net::StreamPtr)> handler) {
    handlers.push_back(std::move(handler));
    www.spawn(accept(*this, handlers.size() - 1));
  }

  static net::Task<void> accept(ProxyWorld& self, std::size_t handler) {
    auto listener = self.www.network().listen({net::any_address(net::Family::v4), 80}, {}).value();
    for (;;) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      self.sources.push_back((*stream)->remote_endpoint().address.to_string());
      self.www.spawn(self.handlers[handler](std::move(*stream)));
    }
  }

  // Runs `program` on the laptop until it has ended; fails the test if it does not within `limit`.
  void run(net::Task<void> program, net::Duration limit = 300s) {
    bool ended = false;
    laptop.spawn(watched(std::move(program), ended));
    const auto deadline = simulation.now() + limit;
    while (!ended && simulation.now() < deadline && simulation.step()) {
    }
    BOOST_REQUIRE_MESSAGE(ended, "the client program did not end");
  }

  static net::Task<void> watched(net::Task<void> program, bool& ended) {
    co_await std::move(program);
    ended = true;
  }

  net::Task<net::StreamPtr> connect_to_proxy() {
    auto stream = co_await laptop.network().connect(kProxy, net::kAnyEgress);
    co_return std::move(stream.value());
  }

  static inline const net::Endpoint kProxy = endpoint("127.0.0.1:1080");
  static inline const Target kWww{address("203.0.113.10"), 80};
  // What clients say to be connected to it, all at once.
  static inline const std::string kSocks5ToWww =
      std::string("\x05\x01\x00\x05\x01\x00\x01\xcb\x00\x71\x0a\x00\x50", 13);
  static inline const std::string kSocks4ToWww =
      std::string("\x04\x01\x00\x50\xcb\x00\x71\x0a\x00", 9);
  static inline const std::string kConnectToWww =
      "CONNECT 203.0.113.10:80 HTTP/1.1\r\nHost: 203.0.113.10\r\n\r\n";

  sim::Simulation simulation;
  sim::World world;
  sim::Host& laptop;
  sim::Host& www;
  std::optional<link::LinkSet> links;
  std::optional<Server> server;
  std::vector<std::string> sources;  // of the connections that the web server accepted, in order
  std::vector<std::function<net::Task<void>(net::StreamPtr)>> handlers;
};

// Everything until the end of stream; an error ends it early and is kept.
struct Received {
  std::string text;
  net::Error error;
};

inline net::Task<Received> read_to_end(net::Stream& stream) {
  Received received;
  std::vector<std::byte> buffer(4096);
  for (;;) {
    const auto got = co_await stream.read_some(buffer);
    if (!got) {
      received.error = got.error();
      break;
    }
    if (*got == 0) break;
    received.text.append(reinterpret_cast<const char*>(buffer.data()), *got);
  }
  co_return received;
}

inline net::Task<void> send(net::Stream& stream, std::vector<std::byte> bytes) {
  BOOST_TEST(!co_await net::write_all(stream, bytes));
}

inline net::Task<void> send_text(net::Stream& stream, std::string text) {
  co_await send(stream, bytes_of(text));
}

}  // namespace dispatch::proxy
