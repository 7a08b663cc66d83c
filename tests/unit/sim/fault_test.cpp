// The fault table of Linux: what a program on the client sees, by fault and by way of connecting.
#include "engine/net/deadline.hpp"
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <functional>
#include <string>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(faults)
namespace {

constexpr net::Duration kRtt = 40ms;
constexpr int kPending = -1;

struct World1 : TwoHosts {
  World1() : TwoHosts(LinkOptions::symmetric(direction(DataRate::unlimited(), kRtt / 2))) {}
};

// The errno of a connection attempt that is watched for 12 s; kPending where it has not ended.
int attempt(World1& hosts, const net::Egress& egress) {
  const auto watched = [](World1& in, net::Egress by) -> net::Task<net::Status> {
    const auto deadline = in.simulation.now() + 12s;
    const auto connected = co_await net::with_deadline(in.client.clock(), deadline,
                                                       in.client.network().connect(kServer, by));
    co_return connected ? net::Status{} : connected.error();
  };
  const auto status = result_of(hosts.simulation, watched(hosts, egress));
  return status == net::asio::error::timed_out ? kPending : status.value();
}

struct Row {
  std::string fault;
  std::function<void(World1&)> cause;
  int plain, source_bound, device_bound;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.fault;
}

const std::vector<Row> kRows{
    {"none", [](World1&) {}, 0, 0, 0},
    {"blackhole", [](World1& w) { w.link.set_state(LinkState::blackhole); }, kPending, kPending,
     kPending},
    {"interface down", [](World1& w) { w.link.set_state(LinkState::down); }, ENETUNREACH,
     ENETUNREACH, ENETUNREACH},
    {"interface removed", [](World1& w) { w.client.unplug("wifi"); }, ENETUNREACH, EADDRNOTAVAIL,
     ENODEV},
    {"address removed", [](World1& w) { w.client.remove_address("wifi", kWifi); }, ENETUNREACH,
     EADDRNOTAVAIL, kPending},
    {"address changed",
     [](World1& w) { w.client.change_address("wifi", kWifi, prefix("192.0.2.77/24")); }, 0,
     EADDRNOTAVAIL, 0},
    {"route removed", [](World1& w) { w.client.remove_route(prefix("0.0.0.0/0"), "wifi"); },
     ENETUNREACH, ENETUNREACH, 0},
    {"server killed", [](World1& w) { w.server.kill(); }, ECONNREFUSED, ECONNREFUSED, ECONNREFUSED},
    {"server rebooted", [](World1& w) { w.server.reboot(); }, ECONNREFUSED, ECONNREFUSED,
     ECONNREFUSED},
    {"server frozen", [](World1& w) { w.server.freeze(); }, 0, 0, 0},
};

// What an established connection sees within 12 s of the fault: of a read, and of a write every
// second; kPending: nothing, the write taken.
struct Seen {
  int read = kPending;
  int write = kPending;
  bool end = false;
};

net::Task<void> keep_reading(net::Stream& stream, Seen& seen) {
  std::byte byte{};
  for (;;) {
    const auto got = co_await stream.read_some({&byte, 1});
    if (!got) seen.read = got.error().value();
    if (got && *got == 0) seen.end = true;
    if (!got || *got == 0) co_return;
  }
}

net::Task<void> echo(Host& host) {
  auto listener = host.network().listen(kServer, {}).value();
  for (;;) {
    auto accepted = co_await listener->accept();
    if (!accepted) co_return;
    const auto stream = std::move(*accepted);
    net::ByteCounter counter;
    static_cast<void>(co_await stream->relay_to(*stream, counter));
  }
}

net::Task<Seen> live_through(World1& hosts, std::function<void(World1&)> fault, bool writes) {
  Seen seen;
  net::StreamPtr stream;
  {
    auto connected = co_await hosts.client.network().connect(kServer, net::kAnyEgress);
    stream = std::move(*connected);
  }
  hosts.simulation.spawn(keep_reading(*stream, seen));
  static_cast<void>(co_await hosts.client.clock().sleep_for(1s));
  fault(hosts);
  const std::byte byte{};
  for (int second = 0; second < 12; ++second) {
    static_cast<void>(co_await hosts.client.clock().sleep_for(1s));
    if (!writes || seen.write != kPending) continue;
    const auto taken = co_await stream->write_some({&byte, 1});
    if (!taken) seen.write = taken.error().value();
  }
  stream->abort();
  static_cast<void>(co_await hosts.client.clock().sleep_for(1ms));
  co_return seen;
}

Seen established(const std::function<void(World1&)>& fault, bool writes) {
  World1 hosts;
  hosts.simulation.spawn(echo(hosts.server));
  return result_of(hosts.simulation, live_through(hosts, fault, writes));
}

BOOST_AUTO_TEST_CASE(connecting_fails_as_on_linux) {
  for (const auto& row : kRows) {
    BOOST_TEST_CONTEXT(row) {
      for (const auto& [egress, expected] :
           {std::pair{net::Egress{}, row.plain},
            {net::Egress{kWifi, ""}, row.source_bound},
            {net::Egress{std::nullopt, "wifi"}, row.device_bound}}) {
        World1 hosts;
        hosts.simulation.spawn(echo(hosts.server));
        hosts.simulation.run_for(10ms);
        row.cause(hosts);
        BOOST_TEST(attempt(hosts, egress) == expected);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(refusal_takes_one_round_trip) {
  World1 hosts;
  BOOST_TEST(attempt(hosts, {}) == ECONNREFUSED);
  BOOST_TEST((hosts.simulation.now() == net::TimePoint(kRtt)));
}

BOOST_AUTO_TEST_CASE(faults_near_the_client_are_silent_to_established_connections) {
  for (const auto& row : kRows) {
    if (row.fault.starts_with("server") || row.fault == "none") continue;
    BOOST_TEST_CONTEXT(row) {
      const auto seen = established(row.cause, true);
      BOOST_TEST(seen.read == net::asio::error::operation_aborted);  // by the test's end
      BOOST_TEST(seen.write == kPending);
      BOOST_TEST(!seen.end);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_frozen_server_is_silent_and_takes_what_is_sent) {
  const auto seen = established([](World1& w) { w.server.freeze(); }, true);
  BOOST_TEST(seen.read == net::asio::error::operation_aborted);
  BOOST_TEST(seen.write == kPending);
}

BOOST_AUTO_TEST_CASE(a_killed_server_ends_the_stream_and_breaks_the_pipe_on_the_second_send) {
  const auto seen = established([](World1& w) { w.server.kill(); }, true);
  BOOST_TEST(seen.end);
  BOOST_TEST(seen.write == EPIPE);
}

BOOST_AUTO_TEST_CASE(a_rebooted_server_resets_when_a_segment_of_ours_arrives) {
  const auto idle = established([](World1& w) { w.server.reboot(); }, false);
  BOOST_TEST(idle.read == net::asio::error::operation_aborted);
  const auto busy = established([](World1& w) { w.server.reboot(); }, true);
  BOOST_TEST(busy.read == ECONNRESET);
}

BOOST_AUTO_TEST_CASE(a_thawed_server_goes_on_where_it_stood) {
  World1 hosts;
  hosts.simulation.spawn(serve_bytes(hosts.server, kServer, 1'000'000));
  hosts.simulation.at(net::TimePoint(50ms), [&] { hosts.server.freeze(); });
  hosts.simulation.at(net::TimePoint(5s), [&] { hosts.server.thaw(); });
  const auto got = result_of(hosts.simulation, download(hosts.client, kServer));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(*got == 1'000'000u);
  BOOST_TEST((hosts.simulation.now() > net::TimePoint(5s)));
}

BOOST_AUTO_TEST_CASE(an_interface_set_down_and_up_works_again_and_the_connection_with_it) {
  World1 hosts;
  hosts.simulation.spawn(serve_bytes(hosts.server, kServer, 1'000'000));
  hosts.link.down().set_rate(DataRate::mbit_per_second(4));  // 2 s
  hosts.simulation.at(net::TimePoint(500ms), [&] { hosts.link.set_state(LinkState::down); });
  hosts.simulation.at(net::TimePoint(900ms), [&] { hosts.link.set_state(LinkState::up); });
  const auto got = result_of(hosts.simulation, download(hosts.client, kServer));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(*got == 1'000'000u);
  BOOST_TEST(attempt(hosts, {}) == 0);
}

// The errno of connecting to the server, of this family, through a router that answers so.
int refused_with(IcmpUnreachable::Reason reason, const net::Endpoint& server) {
  World1 hosts;
  hosts.world.set_refusal(hosts.link, reason);
  const auto status = result_of(hosts.simulation, connect_status(hosts.client, server));
  BOOST_TEST((hosts.simulation.now() == net::TimePoint(kRtt)));
  return status.value();
}

// icmp_err_convert and icmpv6_err_convert. That of a host, for IPv6, is what a router says whose
// neighbour does not answer.
BOOST_AUTO_TEST_CASE(each_icmp_error_ends_a_connection_attempt_with_its_own_errno) {
  using Reason = IcmpUnreachable::Reason;
  struct Case {
    Reason reason;
    int v4, v6;
  };
  for (const auto& [reason, v4, v6] : {Case{Reason::network, ENETUNREACH, ENETUNREACH},
                                       {Reason::host, EHOSTUNREACH, EHOSTUNREACH},
                                       {Reason::port, ECONNREFUSED, ECONNREFUSED},
                                       {Reason::prohibited, EHOSTUNREACH, EACCES},
                                       {Reason::network_prohibited, ENETUNREACH, EACCES},
                                       {Reason::host_prohibited, EHOSTUNREACH, EACCES}}) {
    BOOST_TEST_CONTEXT(static_cast<int>(reason)) {
      BOOST_TEST(refused_with(reason, kServer) == v4);
      BOOST_TEST(refused_with(reason, kServerV6) == v6);
    }
  }
}

net::Task<net::Error> written_in_vain(World1& hosts, bool refused) {
  auto connected = co_await hosts.client.network().connect(kServer, net::kAnyEgress);
  const auto stream = std::move(*connected);
  stream->user_timeout(5s);
  if (refused) {
    hosts.world.set_refusal(hosts.link, IcmpUnreachable::Reason::host);
  } else {
    hosts.link.set_state(LinkState::blackhole);
  }
  const std::array<std::byte, 1> byte{};
  static_cast<void>(co_await stream->write_some(byte));
  std::array<std::byte, 1> buffer{};
  const auto got = co_await stream->read_some(buffer);
  co_return got ? net::Error{} : got.error();
}

BOOST_AUTO_TEST_CASE(an_icmp_error_ends_no_connection_and_is_told_with_its_time_out) {
  for (const bool refused : {false, true}) {
    World1 hosts;
    hosts.simulation.spawn(echo(hosts.server));
    const auto error = result_of(hosts.simulation, written_in_vain(hosts, refused));
    BOOST_TEST(error.value() == (refused ? EHOSTUNREACH : ETIMEDOUT));
    BOOST_TEST((hosts.simulation.now() > net::TimePoint(5s)));
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
