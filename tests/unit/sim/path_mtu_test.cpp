// Paths that take smaller packets than the interfaces at their ends (RFC 1191, RFC 8201).
#include "sim/tcp/scoreboard.hpp"
#include "tests/unit/sim/two_hosts.hpp"

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(path_mtu)
namespace {

constexpr std::size_t kBytes = 400'000;
constexpr std::uint32_t kPathMtu = 1400;

LinkOptions with_path_mtu(bool black_hole) {
  auto options = LinkOptions::symmetric(direction(DataRate::mbit_per_second(20), 10ms));
  options.path_mtu = kPathMtu;
  options.pmtu_black_hole = black_hole;
  return options;
}

// The sizes of packets that come by a link.
struct Sizes : PacketObserver {
  void enqueued(const LinkDirection&, const Packet& packet, net::TimePoint) override {
    largest = std::max(largest, packet.size);
    above += packet.size > kPathMtu;
    if (const auto* message = std::get_if<IcmpUnreachable>(&packet.transport)) {
      told += message->reason == IcmpUnreachable::Reason::too_big && message->mtu == kPathMtu;
    }
  }
  std::uint32_t largest = 0;
  int above = 0;
  int told = 0;
};

// Sends `bytes` and waits until the other side has ended.
net::Task<net::Result<std::size_t>> upload(Host& host, net::Endpoint to, std::size_t bytes) {
  auto connected = co_await host.network().connect(to, net::kAnyEgress);
  if (!connected) co_return connected.error();
  const auto stream = std::move(*connected);
  const std::vector<std::byte> block(64 * 1024, std::byte{'u'});
  for (auto left = bytes; left > 0;) {
    const auto part = std::span(block).first(std::min(left, block.size()));
    const auto taken = co_await stream->write_some(part);
    if (!taken) co_return taken.error();
    left -= *taken;
  }
  static_cast<void>(stream->shutdown_write());
  co_return co_await read_to_end(*stream);
}

// Counts what comes until its end, then ends too.
net::Task<void> count_bytes(Host& host, net::Endpoint at, std::size_t& bytes) {
  auto listener = host.network().listen(at, {}).value();
  auto accepted = co_await listener->accept();
  const auto stream = std::move(accepted.value());
  const auto got = co_await read_to_end(*stream);
  bytes = got ? *got : 0;
  static_cast<void>(stream->shutdown_write());
}

BOOST_AUTO_TEST_CASE(an_interface_sends_and_asks_for_no_more_than_its_mtu) {
  auto options = LinkOptions::symmetric(direction(DataRate::mbit_per_second(20), 10ms), 1300);
  TwoHosts hosts(options);
  Sizes down;
  hosts.link.down().add_observer(down);
  hosts.server.spawn(serve_bytes(hosts.server, kServer, kBytes));
  BOOST_TEST(result_of(hosts.simulation, download(hosts.client, kServer)).value() == kBytes);
  BOOST_TEST(down.largest == 1300u);
}

BOOST_AUTO_TEST_CASE(a_sender_that_is_told_goes_on_at_once_with_smaller_segments) {
  for (const auto& at : {kServer, kServerV6}) {
    TwoHosts hosts(with_path_mtu(false));
    Sizes down;
    Sizes server;
    hosts.link.down().add_observer(down);
    hosts.world.find_link("server/eth0")->up().add_observer(server);
    hosts.server.spawn(serve_bytes(hosts.server, at, kBytes));
    BOOST_TEST(result_of(hosts.simulation, download(hosts.client, at)).value() == kBytes);
    BOOST_TEST(down.largest == kPathMtu);
    // The first flight only; 160 ms is what its bytes take on the line.
    BOOST_TEST(server.above == 10);
    BOOST_TEST((hosts.simulation.now() < net::TimePoint(350ms)));
  }
}

BOOST_AUTO_TEST_CASE(the_way_up_is_found_too_and_every_byte_arrives_once) {
  TwoHosts hosts(with_path_mtu(false));
  Sizes up;
  Sizes down;
  hosts.link.up().add_observer(up);
  hosts.link.down().add_observer(down);
  std::size_t bytes = 0;
  hosts.server.spawn(count_bytes(hosts.server, kServer, bytes));
  BOOST_TEST(result_of(hosts.simulation, upload(hosts.client, kServer, kBytes)).value() == 0u);
  BOOST_TEST(bytes == kBytes);
  BOOST_TEST(up.above == 10);
  BOOST_TEST(down.told == 10);
}

BOOST_AUTO_TEST_CASE(the_next_connection_knows_for_ten_minutes) {
  TwoHosts hosts(with_path_mtu(false));
  Sizes server;
  hosts.server.spawn(serve_bytes(hosts.server, kServer, kBytes));
  result_of(hosts.simulation, download(hosts.client, kServer)).value();
  hosts.world.find_link("server/eth0")->up().add_observer(server);
  BOOST_TEST(result_of(hosts.simulation, download(hosts.client, kServer)).value() == kBytes);
  BOOST_TEST(server.above == 0);
  hosts.simulation.run_for(11min);
  BOOST_TEST(result_of(hosts.simulation, download(hosts.client, kServer)).value() == kBytes);
  BOOST_TEST(server.above == 10);
}

BOOST_AUTO_TEST_CASE(what_is_cut_keeps_what_is_known_of_it) {
  tcp::Scoreboard board;
  for (std::uint32_t i = 0; i < 5; ++i) {
    board.append(1000 + i * 1400, i == 4 ? 1401 : 1400, i == 4, net::TimePoint(1ms * i));
  }
  board.append(8001, 300, false, net::TimePoint(9ms));
  board.mark_sacked(2);
  board.mark_lost(0);
  board.on_retransmitted(0, net::TimePoint(20ms));
  // Four of five are cut into three; the small one stays, and so does what the peer has.
  BOOST_TEST(board.split(600) == 12);
  BOOST_TEST(board.outstanding() == 14);
  BOOST_TEST(board.lost() == 12);
  BOOST_TEST(board.sacked() == 1);
  BOOST_TEST(board.repeated() == 0);
  BOOST_TEST(board.in_flight() == 1);
  BOOST_TEST(board.first_to_repair() == 0);
  for (int i = 1; i < board.outstanding(); ++i) BOOST_TEST(board[i].begin == board[i - 1].end());
  BOOST_TEST(board[12].fin);
  BOOST_TEST(board[12].length == 201u);
  // By time of sending: of those whose fate is open only the small one is left.
  BOOST_REQUIRE(board.oldest() == 13);
  BOOST_TEST(board.next_newer(13) == -1);
  BOOST_TEST(board.split(600) == 0);
}

BOOST_AUTO_TEST_CASE(in_a_black_hole_the_handshake_passes_and_a_full_segment_never_does) {
  TwoHosts hosts(with_path_mtu(true));
  Sizes server;
  Sizes down;
  hosts.world.find_link("server/eth0")->up().add_observer(server);
  hosts.link.down().add_observer(down);
  hosts.server.spawn(serve_bytes(hosts.server, kServer, kBytes));
  bool ended = false;
  hosts.simulation.spawn([](Host& host, bool& over) -> net::Task<void> {
    static_cast<void>(co_await download(host, kServer));
    over = true;
  }(hosts.client, ended));
  hosts.simulation.run_until(net::TimePoint(60s));
  BOOST_TEST(!ended);
  BOOST_TEST(down.above == 0);
  BOOST_TEST(down.largest < 100u);  // SYN, ACK: nothing of what was asked for
  BOOST_TEST(server.above > 14);    // the first flight, and its repetitions with back-off
  BOOST_TEST(server.told == 0);
}

BOOST_AUTO_TEST_CASE(a_small_answer_passes_a_black_hole) {
  TwoHosts hosts(with_path_mtu(true));
  hosts.server.spawn(serve_bytes(hosts.server, kServer, 1000));
  BOOST_TEST(result_of(hosts.simulation, download(hosts.client, kServer)).value() == 1000u);
}

// Linux's IP_PMTUDISC_WANT: what fits the known MTU goes in one piece, what does not in fragments.
BOOST_AUTO_TEST_CASE(a_connected_datagram_socket_hears_once_that_a_datagram_was_too_large) {
  for (const bool connected : {true, false}) {
    TwoHosts hosts(with_path_mtu(false));
    net::DatagramOptions here;
    if (connected) here.connect = kServer;
    net::DatagramOptions there;
    there.local = kServer;
    const auto from = hosts.client.network().open_datagram(here).value();
    const auto to = hosts.server.network().open_datagram(there).value();
    const std::vector<std::byte> data(kPathMtu);  // with its headers too large by 28 bytes
    const net::DatagramOut out{data, kServer};
    BOOST_TEST(from->try_send({&out, 1}).has_value());
    hosts.simulation.run_for(100ms);
    std::vector<std::byte> buffer(2 * kPathMtu);
    net::DatagramIn in{buffer, 0, {}, false};
    BOOST_TEST(!to->try_receive({&in, 1}).has_value());
    if (connected) BOOST_TEST(from->try_send({&out, 1}).error().value() == EMSGSIZE);
    BOOST_TEST(from->try_send({&out, 1}).has_value());
    hosts.simulation.run_for(100ms);
    BOOST_REQUIRE(to->try_receive({&in, 1}).has_value());
    BOOST_TEST(in.size == data.size());
  }
}

// RFC 5927 7: a forged word that does not quote what is in flight teaches nothing.
BOOST_AUTO_TEST_CASE(word_of_a_segment_that_is_not_in_flight_changes_no_path_mtu) {
  TwoHosts hosts(LinkOptions::symmetric(direction(DataRate::mbit_per_second(20), 10ms)));
  auto& server = *hosts.world.find_link("server/eth0");
  struct Forger : PacketObserver {
    std::optional<IcmpUnreachable> forged{};
    void offered(const LinkDirection&, const Packet& packet, net::TimePoint) override {
      const auto* segment = std::get_if<tcp::Segment>(&packet.transport);
      if (segment == nullptr || segment->payload.size() == 0 || forged) return;
      forged.emplace();
      forged->reason = IcmpUnreachable::Reason::too_big;
      forged->source = {packet.source, segment->source_port};
      forged->destination = {packet.destination, segment->destination_port};
      forged->tcp_sequence = segment->sequence - 100'000;
      forged->mtu = 1300;
    }
  } forger;
  Sizes down;
  server.up().add_observer(forger);
  hosts.link.down().add_observer(down);
  hosts.server.spawn(serve_bytes(hosts.server, kServer, kBytes));
  hosts.simulation.at(net::TimePoint(100ms), [&] {
    auto packet = hosts.world.packets().make();
    packet->source = address("198.51.100.1");
    packet->destination = kServer.address;
    packet->transport = forger.forged.value();
    packet->measure(576);
    down = Sizes{};
    server.down().send(std::move(packet));
  });
  BOOST_TEST(result_of(hosts.simulation, download(hosts.client, kServer)).value() == kBytes);
  BOOST_TEST(down.largest == 1500u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
