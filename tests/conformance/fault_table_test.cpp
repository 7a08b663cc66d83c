// The fault table: what a program sees of each fault, by family and by what its socket is bound to.
// A cell of its own for each: a difference names fault, family and cell. On a kernel and in the
// simulator alike; measured on Linux 6.18.
#include "engine/net/deadline.hpp"
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(fault_table)
namespace {

constexpr int kPending = -1;  // has not ended, or nothing has been heard
constexpr net::Duration kBetweenDatagrams = 50ms;
constexpr net::Duration kPatience = 300ms;
// A router that is a Linux says no once a second: one SYN of several is answered.
constexpr net::Duration kRouterPatience = 9s;

// The errors of connecting; and what datagrams to the server meet: the first error that one of
// some sends, or a receive after each, gives.
struct Cells {
  int plain = 0;
  int source_bound = 0;
  int device_bound = 0;
  int connected_datagram = 0;
  int datagram = 0;
};

struct Row {
  Fault fault;
  std::string name;
  Cells v4;
  Cells v6;

  bool by_router() const {
    return fault == Fault::network_unreachable || fault == Fault::host_unreachable ||
           fault == Fault::prohibited;
  }
};

constexpr Cells kSilence{kPending, kPending, kPending, 0, 0};

const std::vector<Row> kTable{
    {Fault::none, "none", {}, {}},
    {Fault::dark, "path drops all", kSilence, kSilence},
    {Fault::dark_up, "path drops what the client sends", kSilence, kSilence},
    {Fault::dark_down, "path drops what the server sends", kSilence, kSilence},
    {Fault::down,
     "interface set down",
     {ENETUNREACH, ENETUNREACH, ENETUNREACH, ENETUNREACH, ENETUNREACH},
     // Its IPv6 addresses are gone with it.
     {ENETUNREACH, EADDRNOTAVAIL, ENETUNREACH, ENETUNREACH, ENETUNREACH}},
    {Fault::unplugged,
     "interface removed",
     {ENETUNREACH, EADDRNOTAVAIL, ENODEV, ENETUNREACH, ENETUNREACH},
     {ENETUNREACH, EADDRNOTAVAIL, ENODEV, ENETUNREACH, ENETUNREACH}},
    {Fault::address_removed,
     "address removed",
     {ENETUNREACH, EADDRNOTAVAIL, kPending, ENETUNREACH, ENETUNREACH},
     // The routes stay, and what is sent has a source that nobody answers.
     {kPending, EADDRNOTAVAIL, kPending, 0, 0}},
    {Fault::address_changed,
     "address changed",
     {0, EADDRNOTAVAIL, 0, ENETUNREACH, 0},
     {0, EADDRNOTAVAIL, 0, 0, 0}},
    {Fault::routes_removed,
     "route removed",
     // An IPv4 device without a route takes everybody for a neighbour.
     {ENETUNREACH, ENETUNREACH, 0, ENETUNREACH, ENETUNREACH},
     {ENETUNREACH, ENETUNREACH, ENETUNREACH, ENETUNREACH, ENETUNREACH}},
    {Fault::network_unreachable,
     "network unreachable (ICMP)",
     {ENETUNREACH, ENETUNREACH, ENETUNREACH, 0, 0},
     {ENETUNREACH, ENETUNREACH, ENETUNREACH, 0, 0}},
    {Fault::host_unreachable,
     "host unreachable (ICMP)",
     {EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH, 0, 0},
     {}},
    {Fault::prohibited,
     "administratively prohibited (ICMP)",
     {EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH, 0},
     {EACCES, EACCES, EACCES, EACCES, 0}},
};

net::Task<void> check_connecting(World& world, const net::Endpoint& server,
                                 const net::Egress& egress, net::Duration patience, int expected,
                                 std::string cell) {
  auto& clock = world.client().clock();
  auto attempt = world.client().network().connect(server, egress);
  const auto connected =
      co_await net::with_deadline(clock, clock.now() + patience, std::move(attempt));
  int seen = 0;
  if (!connected) {
    const bool pending = connected.error() == net::asio::error::timed_out;
    seen = pending ? kPending : connected.error().value();
    if (pending && patience == kRouterPatience && world.may_lose_icmp()) co_return;
  }
  BOOST_TEST(seen == expected, cell << ": " << seen << " instead of " << expected);
}

net::Task<void> check_datagrams(World& world, net::Datagram& socket, const net::Endpoint& server,
                                int rounds, int expected, std::string cell) {
  auto& clock = world.client().clock();
  int seen = 0;
  for (int round = 0; round < rounds && seen == 0; ++round) {
    const std::array<net::DatagramOut, 1> batch{net::DatagramOut{bytes_of("x"), server}};
    const auto sent = co_await socket.send(batch);
    if (!sent) seen = sent.error().value();
    static_cast<void>(co_await clock.sleep_for(kBetweenDatagrams));
    std::array<std::byte, 16> buffer;
    std::array<net::DatagramIn, 1> in{net::DatagramIn{buffer, 0, {}, false}};
    const auto got = socket.try_receive(in);
    if (!got && got.error() != net::asio::error::would_block && seen == 0) {
      seen = got.error().value();
    }
  }
  if (seen == 0 && rounds > 2 && world.may_lose_icmp()) co_return;
  BOOST_TEST(seen == expected, cell << ": " << seen << " instead of " << expected);
}

// It takes what is written, and nothing comes.
net::Task<void> check_silent(World& world, net::Stream& stream, std::string cell) {
  const auto written = co_await stream.write_some(bytes_of("are you there?"));
  BOOST_TEST(written.has_value(), cell << ": writing");
  std::array<std::byte, 20> buffer;
  auto& clock = world.client().clock();
  auto reading = stream.read_some(buffer);
  const auto got = co_await net::with_deadline(clock, clock.now() + 100ms, std::move(reading));
  BOOST_TEST((!got && got.error() == net::asio::error::timed_out), cell << ": reading");
}

net::Result<net::DatagramPtr> open_datagram(World& world, net::Family family,
                                            std::optional<net::Endpoint> peer) {
  net::DatagramOptions options;
  options.local = {net::any_address(family), 0};
  options.connect = peer;
  return world.client().network().open_datagram(options);
}

net::Task<void> check_row(World& world, const Row& row, net::Family family) {
  const bool v6 = family == net::Family::v6;
  const auto& cells = v6 ? row.v6 : row.v4;
  const auto cell = [&](const char* what) {
    return row.name + (v6 ? ", IPv6, " : ", IPv4, ") + what;
  };
  const auto& link = world.links()[0];
  // The only way out.
  world.cause(world.links()[1], Fault::down);
  const auto listener = world.server().network().listen({world.server_address(family), 0}, {});
  REQUIRE_SUCCESS(listener);
  const auto server = (*listener)->local_endpoint();
  const std::array<net::Egress, 3> egresses{net::Egress{}, net::Egress{link.address(family), {}},
                                            net::Egress{std::nullopt, link.device}};
  constexpr std::array<const char*, 3> kWays{"plain", "source bound", "device bound"};
  const std::array<int, 3> expected{cells.plain, cells.source_bound, cells.device_bound};
  const auto sink = world.server().network().open_datagram({server, {}, std::nullopt});
  REQUIRE_SUCCESS(sink);
  const auto connected = open_datagram(world, family, server);
  REQUIRE_SUCCESS(connected);
  const auto unconnected = open_datagram(world, family, std::nullopt);
  REQUIRE_SUCCESS(unconnected);
  std::vector<Pair> pairs;
  for (const auto& egress : egresses) {
    pairs.push_back(co_await connect_pair(world, family, egress));
  }

  world.cause(link, row.fault);
  const auto patience = row.by_router() ? kRouterPatience : kPatience;
  for (std::size_t i = 0; i < egresses.size(); ++i) {
    co_await check_connecting(world, server, egresses[i], patience, expected[i], cell(kWays[i]));
  }
  const int rounds = row.by_router() ? 30 : 2;
  co_await check_datagrams(world, **connected, server, rounds, cells.connected_datagram,
                           cell("connected datagram"));
  co_await check_datagrams(world, **unconnected, server, rounds, cells.datagram, cell("datagram"));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    co_await check_silent(world, *pairs[i].client, cell(kWays[i]) + ", established");
  }
}

BOOST_AUTO_TEST_CASE(each_fault_is_seen_as_on_linux) {
  for (const auto& row : kTable) {
    for (const auto family : {net::Family::v4, net::Family::v6}) {
      if (row.fault == Fault::host_unreachable && family == net::Family::v6) continue;
      const auto world = make_world();
      if (!world->has_links()) {
        BOOST_TEST_MESSAGE("skipped: needs CAP_NET_ADMIN and CAP_SYS_ADMIN");
        return;
      }
      world->run(check_row(*world, row, family));
    }
  }
}

// What a peer does, not the way to it.
struct Peer {
  net::ListenerPtr listener;
  Pair pair;
};

net::Task<Peer> listen_and_connect(World& world, net::Family family) {
  Peer peer;
  auto listening = world.server().network().listen({world.server_address(family), 0}, {});
  REQUIRE_SUCCESS(listening);
  peer.listener = std::move(*listening);
  const auto remote = peer.listener->local_endpoint();
  auto client = co_await world.client().network().connect(remote, net::kAnyEgress);
  REQUIRE_SUCCESS(client);
  auto server = co_await peer.listener->accept();
  REQUIRE_SUCCESS(server);
  peer.pair.client = std::move(*client);
  peer.pair.server = std::move(*server);
  co_return peer;
}

CONFORMANCE_CASE_PER_FAMILY(a_killed_server_ends_the_stream_breaks_the_second_send_and_refuses) {
  auto peer = co_await listen_and_connect(world, family);
  const auto remote = peer.listener->local_endpoint();
  peer.pair.server.reset();
  peer.listener.reset();
  auto& client = *peer.pair.client;
  std::array<std::byte, 1> buffer;
  const auto got = co_await client.read_some(buffer);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(*got == 0u);
  const auto first = co_await client.write_some(bytes_of("x"));
  REQUIRE_SUCCESS(first);
  co_await pause(world, 50ms);
  const auto second = co_await client.write_some(bytes_of("x"));
  CHECK_ERROR(second, broken_pipe);
  const auto again = co_await world.client().network().connect(remote, net::kAnyEgress);
  CHECK_ERROR(again, connection_refused);
}

CONFORMANCE_CASE_PER_FAMILY(a_reset_is_heard_by_the_reader_and_the_next_send) {
  auto peer = co_await listen_and_connect(world, family);
  const auto remote = peer.listener->local_endpoint();
  peer.pair.server->abort();
  co_await pause(world, 50ms);
  const auto first = co_await peer.pair.client->write_some(bytes_of("x"));
  CHECK_ERROR(first, connection_reset);
  const auto second = co_await peer.pair.client->write_some(bytes_of("x"));
  CHECK_ERROR(second, broken_pipe);
  std::array<std::byte, 1> buffer;
  const auto read = co_await peer.pair.client->read_some(buffer);
  CHECK_ERROR(read, connection_reset);
  const auto again = co_await world.client().network().connect(remote, net::kAnyEgress);
  REQUIRE_SUCCESS(again);
}

// The end of its state is lost on the way, as it is where the power goes.
CONFORMANCE_CASE_PER_FAMILY(a_rebooted_server_is_silent_until_something_of_ours_arrives) {
  NEEDS_LINKS();
  auto peer = co_await listen_and_connect(world, family);
  const auto remote = peer.listener->local_endpoint();
  const auto& link = world.links()[0];
  world.cause(link, Fault::dark_down);
  peer.pair.server->abort();
  peer.listener.reset();
  co_await pause(world, 50ms);
  world.set_dark(link, false);
  auto& client = *peer.pair.client;
  auto& clock = world.client().clock();
  std::array<std::byte, 1> buffer;
  auto reading = client.read_some(buffer);
  const auto silent = co_await net::with_deadline(clock, clock.now() + 200ms, std::move(reading));
  CHECK_ERROR(silent, timed_out);
  const auto sent = co_await client.write_some(bytes_of("x"));
  REQUIRE_SUCCESS(sent);
  const auto read = co_await client.read_some(buffer);
  CHECK_ERROR(read, connection_reset);
  const auto again = co_await world.client().network().connect(remote, net::kAnyEgress);
  CHECK_ERROR(again, connection_refused);
}

CONFORMANCE_CASE_PER_FAMILY(a_server_that_stands_still_takes_connections_and_bytes) {
  auto peer = co_await listen_and_connect(world, family);
  co_await check_silent(world, *peer.pair.client, "frozen");
  const auto remote = peer.listener->local_endpoint();
  const auto again = co_await world.client().network().connect(remote, net::kAnyEgress);
  REQUIRE_SUCCESS(again);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
