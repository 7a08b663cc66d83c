// The smallest world: a client and a server, joined through the internet by one link each.
#pragma once

#include "engine/net/runtime.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::sim::test {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time

inline net::Address address(std::string_view text) {
  return net::parse_address(text).value();
}
inline net::Prefix prefix(std::string_view text) {
  return net::parse_prefix(text).value();
}
inline net::Endpoint endpoint(std::string_view text) {
  return net::parse_endpoint(text).value();
}

inline const net::Endpoint kServer = endpoint("203.0.113.10:80");
inline const net::Endpoint kServerV6 = endpoint("[2001:db8:80::10]:80");
inline const net::Address kWifi = address("192.0.2.2");

// The client's link has all the properties; the server's has none.
struct TwoHosts {
  explicit TwoHosts(const LinkOptions& options, std::uint64_t seed = 1)
      : simulation(seed),
        world(simulation),
        client(world.add_host("client")),
        server(world.add_host("server")),
        link(world.attach(client, "wifi", {prefix("192.0.2.2/24"), prefix("2001:db8:2::2/64")},
                          options)) {
    world.attach(server, "eth0", {prefix("203.0.113.10/24"), prefix("2001:db8:80::10/64")}, {});
  }

  Simulation simulation;
  World world;
  Host& client;
  Host& server;
  Link& link;
};

inline DirectionOptions direction(DataRate rate, net::Duration delay,
                                  QueueLimit queue = QueueLimit::of_packets(1000)) {
  DirectionOptions options;
  options.rate = rate;
  options.delay = delay;
  options.queue = queue;
  return options;
}

// Runs `task` on `simulation` to its end, or fails.
template <typename T>
T result_of(Simulation& simulation, net::Task<T> task, net::Duration most = 3600s) {
  std::optional<T> result;
  simulation.spawn(
      [](net::Task<T> inner, std::optional<T>& out, Simulation& sim) -> net::Task<void> {
        out.emplace(co_await std::move(inner));
        sim.stop();
      }(std::move(task), result, simulation));
  simulation.run_until(simulation.now() + most);
  BOOST_REQUIRE_MESSAGE(result.has_value(), "the task did not end");
  return std::move(*result);
}

// A server that sends `bytes` to each connection, then ends it.
inline net::Task<void> serve_bytes(Host& host, net::Endpoint at, std::size_t bytes) {
  auto listener = host.network().listen(at, {}).value();
  const std::vector<std::byte> block(64 * 1024, std::byte{'x'});
  for (;;) {
    auto accepted = co_await listener->accept();
    if (!accepted) co_return;
    const auto stream = std::move(*accepted);
    for (auto left = bytes; left > 0;) {
      const auto part = std::span(block).first(std::min(left, block.size()));
      const auto taken = co_await stream->write_some(part);
      if (!taken) break;
      left -= *taken;
    }
    static_cast<void>(stream->shutdown_write());
  }
}

// Reads to the end: the bytes, or the error.
inline net::Task<net::Result<std::size_t>> read_to_end(net::Stream& stream) {
  std::vector<std::byte> buffer(64 * 1024);
  std::size_t total = 0;
  for (;;) {
    const auto got = co_await stream.read_some(buffer);
    if (!got) co_return got.error();
    if (*got == 0) co_return total;
    total += *got;
  }
}

inline net::Task<net::Result<std::size_t>> download(Host& host, net::Endpoint from,
                                                    net::Egress egress = net::kAnyEgress) {
  auto connected = co_await host.network().connect(from, egress);
  if (!connected) co_return connected.error();
  const auto stream = std::move(*connected);
  co_return co_await read_to_end(*stream);
}

// The error of a connection attempt; none if it succeeds.
inline net::Task<net::Status> connect_status(Host& host, net::Endpoint to,
                                             net::Egress egress = net::kAnyEgress) {
  const auto connected = co_await host.network().connect(to, egress);
  co_return connected ? net::Status{} : connected.error();
}

}  // namespace dispatch::sim::test
