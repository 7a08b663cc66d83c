// Translation of addresses and ports, packet by packet; then what programs see of it.
#include "sim/host/nat.hpp"

#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(nat)
namespace {

const auto kInside = endpoint("192.0.2.2:4000");
const auto kOther = endpoint("192.0.2.3:4000");
const auto kFar = endpoint("203.0.113.10:80");
const auto kFarther = endpoint("203.0.113.11:80");
const auto kExternal = address("198.51.100.7");
constexpr net::TimePoint kStart{1h};

struct Translator {
  explicit Translator(NatOptions options = {}) : nat(with_external(options), random) {}

  static NatOptions with_external(NatOptions options) {
    options.external = kExternal;
    return options;
  }
  // The source it has outside; nothing: it is dropped.
  std::optional<net::Endpoint> out(Transport transport, net::TimePoint now = kStart,
                                   net::Endpoint from = kInside, net::Endpoint to = kFar) {
    auto packet = make(std::move(transport), from, to);
    if (!nat.translate_out(*packet, now)) return std::nullopt;
    return net::Endpoint{packet->source, ports(*packet).first};
  }
  std::optional<net::Endpoint> in(Transport transport, net::TimePoint now = kStart,
                                  net::Endpoint from = kFar,
                                  net::Endpoint to = {kExternal, kInside.port}) {
    auto packet = make(std::move(transport), from, to);
    if (!nat.translate_in(*packet, now)) return std::nullopt;
    return net::Endpoint{packet->destination, ports(*packet).second};
  }

  PacketPool packets;
  Random random{1, "nat"};
  Nat nat;

 private:
  static std::pair<std::uint16_t, std::uint16_t> ports(const Packet& packet) {
    if (const auto* segment = std::get_if<tcp::Segment>(&packet.transport)) {
      return {segment->source_port, segment->destination_port};
    }
    const auto& datagram = std::get<UdpDatagram>(packet.transport);
    return {datagram.source_port, datagram.destination_port};
  }
  PacketPtr make(Transport transport, const net::Endpoint& from, const net::Endpoint& to) {
    auto packet = packets.make();
    packet->source = from.address;
    packet->destination = to.address;
    if (auto* segment = std::get_if<tcp::Segment>(&transport)) {
      segment->source_port = from.port;
      segment->destination_port = to.port;
    } else {
      auto& datagram = std::get<UdpDatagram>(transport);
      datagram.source_port = from.port;
      datagram.destination_port = to.port;
    }
    packet->transport = std::move(transport);
    return packet;
  }
};

UdpDatagram datagram() {
  return {};
}
tcp::Segment segment(bool syn, bool ack, bool fin = false) {
  tcp::Segment made;
  made.syn = syn;
  made.ack = ack;
  made.fin = fin;
  return made;
}

const net::Endpoint kMapped{kExternal, kInside.port};

BOOST_AUTO_TEST_CASE(a_socket_has_one_external_endpoint_whomever_it_speaks_to) {
  Translator t;
  BOOST_TEST((t.out(datagram()) == kMapped));
  BOOST_TEST((t.out(datagram(), kStart, kInside, kFarther) == kMapped));
  BOOST_TEST((t.in(datagram()) == kInside));
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_replaced_by_another_one) {
  Translator t;
  BOOST_TEST((t.out(datagram()) == kMapped));
  const auto other = t.out(datagram(), kStart, kOther);
  BOOST_REQUIRE(other.has_value());
  BOOST_TEST((other->address == kExternal));
  BOOST_TEST(other->port != kInside.port);
  BOOST_TEST((t.in(datagram(), kStart, kFar, *other) == kOther));
}

BOOST_AUTO_TEST_CASE(nobody_comes_in_whom_the_filtering_keeps_out) {
  struct Case {
    NatFiltering filtering;
    bool same_address, stranger;
  };
  const auto port_of_far = net::Endpoint{kFar.address, 81};
  for (const auto& [filtering, same_address, stranger] :
       {Case{NatFiltering::endpoint, false, false},
        {NatFiltering::address, true, false},
        {NatFiltering::any, true, true}}) {
    Translator t({.filtering = filtering});
    BOOST_TEST(!t.in(datagram()));
    BOOST_TEST(t.out(datagram()).has_value());
    BOOST_TEST(t.in(datagram()).has_value());
    BOOST_TEST(t.in(datagram(), kStart, port_of_far).has_value() == same_address);
    BOOST_TEST(t.in(datagram(), kStart, kFarther).has_value() == stranger);
  }
}

BOOST_AUTO_TEST_CASE(an_answered_datagram_flow_lives_longer_than_an_unanswered_one) {
  Translator t;
  t.out(datagram());
  BOOST_TEST(!t.in(datagram(), kStart + 30s));
  t.out(datagram());
  BOOST_TEST(t.in(datagram(), kStart + 29s).has_value());
  BOOST_TEST(t.in(datagram(), kStart + 29s + 119s).has_value());
  BOOST_TEST(!t.in(datagram(), kStart + 29s + 119s + 120s));
}

BOOST_AUTO_TEST_CASE(a_connection_lives_for_hours_and_one_that_is_closed_or_half_open_for_minutes) {
  Translator t;
  t.out(segment(true, false));
  BOOST_TEST(!t.in(segment(true, true), kStart + 4min));
  t.out(segment(true, false));
  BOOST_TEST(t.in(segment(true, true)).has_value());
  BOOST_TEST(t.out(segment(false, true), kStart + 124min - 1s).has_value());
  const auto last = kStart + 200min;
  BOOST_TEST(t.in(segment(false, true, true), last).has_value());
  BOOST_TEST(t.out(segment(false, true, true), last).has_value());
  BOOST_TEST(t.in(segment(false, true), last + 4min - 1s).has_value());
  BOOST_TEST(!t.in(segment(false, true), last + 8min));
}

BOOST_AUTO_TEST_CASE(the_middle_of_an_unknown_connection_is_dropped_or_forwarded_as_it_is_set) {
  Translator strict;
  BOOST_TEST(!strict.out(segment(false, true)));
  Translator loose({.forwards_unknown = true});
  BOOST_TEST(loose.out(segment(false, true)).has_value());
}

BOOST_AUTO_TEST_CASE(a_full_table_drops_new_flows_until_old_ones_have_gone) {
  Translator t({.flows_most = 1});
  BOOST_TEST(t.out(datagram()).has_value());
  BOOST_TEST(!t.out(datagram(), kStart + 1s, kOther));
  BOOST_TEST(t.out(datagram(), kStart + 29s).has_value());
  BOOST_TEST(t.out(datagram(), kStart + 59s, kOther).has_value());
  BOOST_TEST(t.nat.flows() == 1u);
}

BOOST_AUTO_TEST_CASE(
    after_a_rebinding_a_socket_has_another_endpoint_and_the_old_one_leads_nowhere) {
  Translator t;
  t.out(datagram());
  const auto fresh = address("198.51.100.8");
  t.nat.rebind(fresh);
  BOOST_TEST(!t.in(datagram()));
  const auto now = t.out(datagram());
  BOOST_REQUIRE(now.has_value());
  BOOST_TEST((now->address == fresh));
  BOOST_TEST(now->port != kInside.port);
}

struct Behind : TwoHosts {
  explicit Behind(NatOptions options = {})
      : TwoHosts(LinkOptions::symmetric(direction(DataRate::unlimited(), 20ms))) {
    world.set_nat(link, Translator::with_external(options));
  }
};

net::Task<void> tell_who_came(Host& host, std::optional<net::Endpoint>& seen) {
  auto listener = host.network().listen(kServer, {}).value();
  for (;;) {
    auto accepted = co_await listener->accept();
    if (!accepted) co_return;
    const auto stream = std::move(*accepted);
    seen = stream->remote_endpoint();
    net::ByteCounter counter;
    static_cast<void>(co_await stream->relay_to(*stream, counter));
  }
}

// An answer to a word after this much silence; with it or without it.
net::Task<net::Status> chat(Behind& hosts, net::Duration silence, bool keep_alive) {
  auto connected = co_await hosts.client.network().connect(kServer, net::kAnyEgress);
  if (!connected) co_return connected.error();
  const auto stream = std::move(*connected);
  stream->user_timeout(30s);
  if (keep_alive) {
    const net::KeepAlive every_minute{60s, 10s, 3};
    stream->keep_alive(every_minute);
  }
  if (const auto error = co_await hosts.client.clock().sleep_for(silence)) co_return error;
  std::array<std::byte, 1> byte{};
  const auto sent = co_await stream->write_some(byte);
  if (!sent) co_return sent.error();
  const auto got = co_await stream->read_some(byte);
  co_return got ? net::Status{} : got.error();
}

BOOST_AUTO_TEST_CASE(a_server_sees_the_external_address) {
  Behind hosts;
  std::optional<net::Endpoint> seen;
  hosts.simulation.spawn(tell_who_came(hosts.server, seen));
  BOOST_TEST(!result_of(hosts.simulation, chat(hosts, 1s, false)));
  BOOST_REQUIRE(seen.has_value());
  BOOST_TEST((seen->address == kExternal));
}

BOOST_AUTO_TEST_CASE(a_silent_connection_dies_in_the_nat_and_one_with_keep_alive_does_not) {
  for (const bool keep_alive : {false, true}) {
    Behind hosts({.tcp = 5min});
    std::optional<net::Endpoint> seen;
    hosts.simulation.spawn(tell_who_came(hosts.server, seen));
    const auto status = result_of(hosts.simulation, chat(hosts, 10min, keep_alive));
    BOOST_TEST(status.value() == (keep_alive ? 0 : ETIMEDOUT));
  }
}

BOOST_AUTO_TEST_CASE(after_a_rebinding_the_far_host_resets_what_is_forwarded) {
  for (const bool forwards : {false, true}) {
    Behind hosts({.forwards_unknown = forwards});
    std::optional<net::Endpoint> seen;
    hosts.simulation.spawn(tell_who_came(hosts.server, seen));
    hosts.simulation.at(net::TimePoint(5s),
                        [&] { hosts.world.rebind(hosts.link, address("198.51.100.8")); });
    const auto status = result_of(hosts.simulation, chat(hosts, 10s, false));
    BOOST_TEST(status.value() == (forwards ? ECONNRESET : ETIMEDOUT));
  }
}

BOOST_AUTO_TEST_CASE(an_icmp_error_finds_its_way_back_to_the_socket) {
  Behind hosts;
  BOOST_TEST(result_of(hosts.simulation, connect_status(hosts.client, endpoint("203.0.113.99:80")))
                 .value() == EHOSTUNREACH);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
