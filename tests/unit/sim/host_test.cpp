// Sockets of simulated hosts, by way of the seam.
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(hosts)
namespace {

constexpr net::Duration kRtt = 40ms;

struct Near : TwoHosts {
  explicit Near(std::uint64_t seed = 1)
      : TwoHosts(LinkOptions::symmetric(direction(DataRate::unlimited(), kRtt / 2)), seed) {}
};

BOOST_AUTO_TEST_CASE(connecting_takes_one_round_trip_in_both_families) {
  for (const auto& at : {kServer, kServerV6}) {
    Near hosts;
    hosts.simulation.spawn(serve_bytes(hosts.server, at, 1));
    BOOST_TEST(!result_of(hosts.simulation, connect_status(hosts.client, at)));
    BOOST_TEST((hosts.simulation.now() == net::TimePoint(kRtt)));
  }
}

BOOST_AUTO_TEST_CASE(a_host_talks_to_itself_over_loopback_in_microseconds) {
  for (const auto* at : {"127.0.0.1:1080", "[::1]:1080", "192.0.2.2:1080", "127.0.0.2:1080"}) {
    Near hosts;
    hosts.simulation.spawn(serve_bytes(hosts.client, endpoint(at), 1'000'000));
    const auto got = result_of(hosts.simulation, download(hosts.client, endpoint(at)));
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST(*got == 1'000'000u);
    BOOST_TEST((hosts.simulation.now() < net::TimePoint(1ms)));
    BOOST_TEST(hosts.link.up().counters().offered.packets == 0u);
  }
}

BOOST_AUTO_TEST_CASE(what_goes_out_by_a_link_comes_back_by_it) {
  Near hosts;
  auto& lte = hosts.world.attach(hosts.client, "lte", {prefix("198.51.100.2/24")}, {});
  hosts.simulation.spawn(serve_bytes(hosts.server, kServer, 100'000));
  for (const net::Egress& egress :
       {net::Egress{address("198.51.100.2"), ""}, {std::nullopt, "lte"}}) {
    const auto before = lte.down().counters().delivered.bytes;
    const auto got = result_of(hosts.simulation, download(hosts.client, kServer, egress));
    BOOST_TEST(*got == 100'000u);
    BOOST_TEST(lte.down().counters().delivered.bytes - before > 100'000u);
    BOOST_TEST(hosts.link.up().counters().offered.packets == 0u);
  }
  BOOST_TEST(*result_of(hosts.simulation, download(hosts.client, kServer)) == 100'000u);
  BOOST_TEST(hosts.link.down().counters().delivered.bytes > 100'000u);
}

BOOST_AUTO_TEST_CASE(a_destination_that_nobody_has_is_unreachable_as_the_world_says) {
  const auto nobody = endpoint("203.0.113.99:80");
  using Unknown = World::UnknownDestination;
  for (const auto& [what, expected] : {std::pair{Unknown::host_unreachable, EHOSTUNREACH},
                                       {Unknown::network_unreachable, ENETUNREACH}}) {
    Near hosts;
    hosts.world.set_unknown_destination(what);
    const auto status = result_of(hosts.simulation, connect_status(hosts.client, nobody));
    BOOST_TEST(status.value() == expected);
  }
  Near hosts;
  hosts.world.set_unknown_destination(Unknown::silent);
  const auto status = result_of(hosts.simulation, connect_status(hosts.client, nobody));
  BOOST_TEST(status.value() == ETIMEDOUT);
}

net::Task<void> write_forever(Host& host, net::Endpoint at, std::size_t& taken) {
  auto listener = host.network().listen(at, {}).value();
  auto accepted = co_await listener->accept();
  const auto stream = std::move(*accepted);
  const std::vector<std::byte> block(64 * 1024);
  for (;;) {
    const auto count = co_await stream->write_some(block);
    if (!count) co_return;
    taken += *count;
  }
}

BOOST_AUTO_TEST_CASE(a_reader_that_does_not_read_stops_the_writer) {
  Near hosts;
  tcp::Options small;
  small.send_buffer = 100'000;
  small.receive_buffer = 200'000;
  hosts.client.set_tcp_options(small);
  hosts.server.set_tcp_options(small);
  std::size_t taken = 0;
  hosts.simulation.spawn(write_forever(hosts.server, kServer, taken));
  const auto idle = [](Near& in, std::size_t& written) -> net::Task<std::size_t> {
    auto connected = co_await in.client.network().connect(kServer, net::kAnyEgress);
    static_cast<void>(co_await in.client.clock().sleep_for(10s));
    const auto stopped_at = written;
    static_cast<void>(co_await in.client.clock().sleep_for(10s));
    co_return written == stopped_at ? written : 0;
  };
  const auto stopped_at = result_of(hosts.simulation, idle(hosts, taken));
  BOOST_TEST(stopped_at >= 100'000u);
  BOOST_TEST(stopped_at <= 300'000u);
}

net::Task<void> forward(Host& host, net::Endpoint at, net::Endpoint to, net::ByteCounter& counter) {
  auto listener = host.network().listen(at, {}).value();
  auto accepted = co_await listener->accept();
  const auto near = std::move(*accepted);
  auto connected = co_await host.network().connect(to, net::kAnyEgress);
  const auto far = std::move(*connected);
  static_cast<void>(co_await far->relay_to(*near, counter));
  static_cast<void>(near->shutdown_write());
}

BOOST_AUTO_TEST_CASE(a_relay_hands_over_every_byte) {
  Near hosts;
  net::ByteCounter counter;
  const auto proxy = endpoint("127.0.0.1:1080");
  hosts.simulation.spawn(serve_bytes(hosts.server, kServer, 5'000'000));
  hosts.simulation.spawn(forward(hosts.client, proxy, kServer, counter));
  const auto got = result_of(hosts.simulation, download(hosts.client, proxy));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(*got == 5'000'000u);
  BOOST_TEST(counter.total() == 5'000'000u);
}

BOOST_AUTO_TEST_CASE(a_full_backlog_takes_no_more) {
  Near hosts;
  net::ListenOptions options;
  options.backlog = 2;
  const auto listener = hosts.server.network().listen(kServer, options).value();
  std::vector<net::StreamPtr> streams;
  const auto connect = [](Near& in, std::vector<net::StreamPtr>& out) -> net::Task<void> {
    auto connected = co_await in.client.network().connect(kServer, net::kAnyEgress);
    if (connected) out.push_back(std::move(*connected));
  };
  for (int i = 0; i < 10; ++i) hosts.simulation.spawn(connect(hosts, streams));
  hosts.simulation.run_for(500ms);
  BOOST_TEST(streams.size() == 10u);  // the client's side of the handshake
  hosts.simulation.drop_tasks();
  streams.clear();
}

BOOST_AUTO_TEST_CASE(listening_fails_as_on_linux) {
  Near hosts;
  auto& network = hosts.server.network();
  const auto error = [&](std::string_view at) {
    const auto listener = network.listen(endpoint(at), {});
    return listener ? 0 : listener.error().value();
  };
  const auto held = network.listen(kServer, {}).value();
  BOOST_TEST(error("203.0.113.10:80") == EADDRINUSE);
  BOOST_TEST(error("0.0.0.0:80") == EADDRINUSE);
  BOOST_TEST(error("[::]:80") == 0);
  BOOST_TEST(error("127.0.0.1:80") == 0);
  BOOST_TEST(error("203.0.113.11:81") == EADDRNOTAVAIL);
  const auto chosen = network.listen(endpoint("0.0.0.0:0"), {}).value();
  BOOST_TEST(chosen->local_endpoint().port >= 32768);
  BOOST_TEST(chosen->local_endpoint().port <= 60999);
}

BOOST_AUTO_TEST_CASE(a_dual_stack_listener_shows_ipv4_peers_mapped) {
  Near hosts;
  net::ListenOptions options;
  options.v6_only = false;
  const auto listener = hosts.server.network().listen(endpoint("[::]:80"), options).value();
  const auto accept = [](net::Listener& from, Host& client) -> net::Task<net::Endpoint> {
    auto connected = co_await client.network().connect(kServer, net::kAnyEgress);
    auto accepted = co_await from.accept();
    co_return (*accepted)->remote_endpoint();
  };
  const auto peer = result_of(hosts.simulation, accept(*listener, hosts.client));
  BOOST_TEST(peer.address.to_string() == "::ffff:192.0.2.2");
}

net::Task<net::Result<std::size_t>> receive_one(net::Datagram& socket, net::DatagramIn& into) {
  co_return co_await socket.receive({&into, 1});
}

net::Task<net::Result<std::size_t>> send_one(net::Datagram& socket, std::span<const std::byte> data,
                                             net::Endpoint to) {
  const std::array<net::DatagramOut, 1> batch{net::DatagramOut{data, to}};
  co_return co_await socket.send(batch);
}

BOOST_AUTO_TEST_CASE(datagrams_arrive_with_their_source) {
  Near hosts;
  net::DatagramOptions at;
  at.local = kServer;
  const auto to = hosts.server.network().open_datagram(at).value();
  const auto from = hosts.client.network().open_datagram({}).value();
  const std::array<std::byte, 5> data{std::byte{1}, std::byte{2}, std::byte{3}};
  BOOST_TEST(*result_of(hosts.simulation, send_one(*from, data, kServer)) == 1u);
  std::array<std::byte, 3> buffer{};
  net::DatagramIn in{buffer, 0, {}, false};
  BOOST_TEST(*result_of(hosts.simulation, receive_one(*to, in)) == 1u);
  BOOST_TEST((hosts.simulation.now() == net::TimePoint(kRtt / 2)));
  BOOST_TEST((in.from == net::Endpoint{kWifi, from->local_endpoint().port}));
  BOOST_TEST(in.size == 3u);
  BOOST_TEST(in.truncated);
}

BOOST_AUTO_TEST_CASE(a_connected_socket_hears_that_nobody_listens_and_hears_it_once) {
  Near hosts;
  net::DatagramOptions options;
  options.connect = kServer;
  const auto socket = hosts.client.network().open_datagram(options).value();
  const std::array<std::byte, 5> data{};
  BOOST_TEST(*result_of(hosts.simulation, send_one(*socket, data, kServer)) == 1u);
  std::array<std::byte, 3> buffer{};
  net::DatagramIn in{buffer, 0, {}, false};
  const auto got = result_of(hosts.simulation, receive_one(*socket, in));
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST(got.error().value() == ECONNREFUSED);
  BOOST_TEST((hosts.simulation.now() == net::TimePoint(kRtt)));
  BOOST_TEST(*result_of(hosts.simulation, send_one(*socket, data, kServer)) == 1u);
}

BOOST_AUTO_TEST_CASE(a_full_receive_buffer_drops_datagrams) {
  Near hosts;
  net::DatagramOptions at;
  at.local = kServer;
  const auto to = hosts.server.network().open_datagram(at).value();
  const auto from = hosts.client.network().open_datagram({}).value();
  const std::vector<std::byte> data(1472);
  for (int i = 0; i < 200; ++i) {
    static_cast<void>(result_of(hosts.simulation, send_one(*from, data, kServer)));
  }
  hosts.simulation.run_for(1s);
  std::vector<std::byte> buffer(2048);
  std::vector<net::DatagramIn> batch(300, net::DatagramIn{buffer, 0, {}, false});
  const auto receive = [](net::Datagram& socket,
                          std::span<net::DatagramIn> into) -> net::Task<net::Result<std::size_t>> {
    co_return co_await socket.receive(into);
  };
  const auto got = result_of(hosts.simulation, receive(*to, batch));
  BOOST_TEST(*got == 212992u / 2304u);
}

BOOST_AUTO_TEST_CASE(sending_fails_as_on_linux) {
  Near hosts;
  const auto socket = hosts.client.network().open_datagram({}).value();
  const std::vector<std::byte> data(65508);
  const auto long_one = result_of(hosts.simulation, send_one(*socket, data, kServer));
  BOOST_TEST(long_one.error().value() == EMSGSIZE);
  hosts.link.set_state(LinkState::down);
  const auto no_way =
      result_of(hosts.simulation, send_one(*socket, std::span(data).first(10), kServer));
  BOOST_TEST(no_way.error().value() == ENETUNREACH);
}

BOOST_AUTO_TEST_CASE(a_watch_ends_when_an_interface_changes) {
  Near hosts;
  auto watch = hosts.client.interfaces().watch().value();
  hosts.simulation.at(net::TimePoint(3s), [&] { hosts.link.set_state(LinkState::down); });
  BOOST_TEST(!result_of(hosts.simulation, watch->changed()));
  BOOST_TEST((hosts.simulation.now() == net::TimePoint(3s)));
  const auto interfaces = hosts.client.interfaces().list().value();
  BOOST_REQUIRE(interfaces.size() == 2u);
  BOOST_TEST(interfaces[0].name == "lo");
  BOOST_TEST(interfaces[0].loopback);
  BOOST_TEST(interfaces[1].name == "wifi");
  BOOST_TEST(!interfaces[1].up);
  BOOST_TEST(interfaces[1].addresses.size() == 1u);  // IPv6 addresses go with the interface
  hosts.client.unplug("wifi");
  BOOST_TEST(hosts.client.interfaces().list()->size() == 1u);
}

BOOST_AUTO_TEST_CASE(log_lines_carry_virtual_time_and_the_host) {
  Near hosts;
  std::string seen;
  hosts.simulation.set_log_sink(
      [&](net::TimePoint when, std::string_view host, net::LogLevel, std::string_view line) {
        seen = std::string(host) + "@" + std::to_string(when.time_since_epoch().count()) + ": " +
               std::string(line);
      });
  hosts.simulation.at(net::TimePoint(7ns), [&] { hosts.client.log().info("hello {}", 1); });
  hosts.simulation.run();
  BOOST_TEST(seen == "client@7: hello 1");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
