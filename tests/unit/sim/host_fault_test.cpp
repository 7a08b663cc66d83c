// Faults of a host that is there and does less than it should.
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <map>
#include <vector>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(host_faults)
namespace {

constexpr net::Duration kRtt = 40ms;
constexpr std::size_t kBytes = 4'000'000;

struct Hosts : TwoHosts {
  Hosts() : TwoHosts(LinkOptions::symmetric(direction(DataRate::mbit_per_second(100), kRtt / 2))) {
    simulation.spawn(serve_bytes(server, kServer, kBytes));
    simulation.run_for(1ms);
  }
  double seconds() const {
    return std::chrono::duration<double>(simulation.now().time_since_epoch()).count();
  }
};

BOOST_AUTO_TEST_CASE(with_a_full_backlog_a_connection_comes_about_when_there_is_room_again) {
  Hosts hosts;
  hosts.server.set_backlog_full(true);
  hosts.simulation.at(net::TimePoint(1500ms), [&] { hosts.server.set_backlog_full(false); });
  const auto status = result_of(hosts.simulation, connect_status(hosts.client, kServer));
  BOOST_TEST(!status);
  // The SYN that is sent again after 1 s finds it full as well, the next one does not.
  BOOST_TEST(hosts.seconds() > 2.0);
  BOOST_TEST(hosts.seconds() < 2.2);
}

BOOST_AUTO_TEST_CASE(a_slow_writer_holds_each_connection_to_its_rate) {
  Hosts hosts;
  hosts.server.set_slow_writer(DataRate::bits_per_second(8'000'000));  // 1 MB/s
  const auto got = result_of(hosts.simulation, download(hosts.client, kServer));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(*got == kBytes);
  BOOST_TEST(hosts.seconds() > 3.9);
  BOOST_TEST(hosts.seconds() < 4.3);
}

BOOST_AUTO_TEST_CASE(a_slow_reader_closes_the_window_and_holds_the_sender_to_its_rate) {
  Hosts hosts;
  hosts.client.set_slow_reader(DataRate::bits_per_second(8'000'000));
  const auto got = result_of(hosts.simulation, download(hosts.client, kServer));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(*got == kBytes);
  BOOST_TEST(hosts.seconds() > 3.9);
  BOOST_TEST(hosts.seconds() < 4.3);
}

// SYN-ACKs that the server sends, in all and to each of its clients' ports.
struct Answers : PacketObserver {
  std::map<std::uint16_t, int> by_port{};
  void offered(const LinkDirection&, const Packet& packet, net::TimePoint) override {
    const auto& segment = std::get<tcp::Segment>(packet.transport);
    if (segment.syn && segment.ack) ++by_port[segment.destination_port];
  }
};

// Six clients that send a SYN and hear nothing, and a listener that remembers four handshakes.
struct Flood : TwoHosts {
  explicit Flood(bool cookies)
      : TwoHosts(LinkOptions::symmetric(direction(DataRate::mbit_per_second(100), kRtt / 2))) {
    auto options = server.options().tcp;
    options.syn_cookies = cookies;
    server.set_tcp_options(options);
    net::ListenOptions four;
    four.backlog = 4;
    listener = server.network().listen(kServer, four).value();
    link.down().add_observer(answers);
    link.set_state(LinkState::blackhole_down);
    for (int i = 0; i < 6; ++i) simulation.spawn(connect(*this));
  }
  ~Flood() { simulation.drop_tasks(); }

  static net::Task<void> connect(Flood& flood) {
    auto connected = co_await flood.client.network().connect(kServer, net::kAnyEgress);
    if (connected) flood.streams.push_back(std::move(*connected));
  }

  Answers answers;
  net::ListenerPtr listener;
  std::vector<net::StreamPtr> streams;
};

// Before the clients' own repetitions, 1.03 s after the first: only what is remembered is repeated.
BOOST_AUTO_TEST_CASE(handshakes_beyond_the_backlog_are_not_remembered_and_come_about_by_cookies) {
  Flood flood(true);
  flood.simulation.run_for(900ms);
  BOOST_TEST(flood.answers.by_port.size() == 6u);
  for (const auto& [port, count] : flood.answers.by_port) BOOST_TEST(count == 1);
  flood.link.set_state(LinkState::up);
  flood.simulation.run_for(3s);
  BOOST_TEST(flood.streams.size() == 6u);
}

BOOST_AUTO_TEST_CASE(without_cookies_handshakes_beyond_the_backlog_wait_until_there_is_room) {
  Flood flood(false);
  flood.simulation.run_for(3500ms);
  BOOST_TEST(flood.answers.by_port.size() == 4u);
  flood.link.set_state(LinkState::up);
  flood.simulation.run_for(10s);
  BOOST_TEST(flood.streams.size() == 6u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
