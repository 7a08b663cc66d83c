// What a simulated world costs: allocations when busy, memory when idle.
#include "tests/unit/allocations.hpp"
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(cost)
namespace {

using dispatch::test::allocations;
using dispatch::test::bytes_in_use;

LinkOptions lossy() {
  auto wire = direction(DataRate::bits_per_second(50'000'000), 10ms);
  wire.loss = 0.01;
  wire.jitter = {Jitter::Shape::uniform, 1ms};
  return LinkOptions::symmetric(wire);
}

// Sends a datagram every `gap` and takes whatever has come, without a task.
class Beats {
 public:
  Beats(TwoHosts& hosts, net::Duration gap)
      : simulation_(hosts.simulation),
        gap_(gap),
        to_(open(hosts.server, kServer)),
        from_(open(hosts.client, {})),
        beat_(simulation_, EventLabel("beat"), [this] { beat(); }) {
    beat();
  }

  std::size_t received() const { return received_; }

 private:
  static net::DatagramPtr open(Host& host, const net::Endpoint& local) {
    net::DatagramOptions options;
    options.local = local;
    return host.network().open_datagram(options).value();
  }

  void beat() {
    const net::DatagramOut out{data_, kServer};
    BOOST_REQUIRE(from_->try_send({&out, 1}));
    net::DatagramIn in{buffer_, 0, {}, false};
    while (to_->try_receive({&in, 1})) ++received_;
    beat_.schedule(simulation_.now() + gap_);
  }

  Simulation& simulation_;
  net::Duration gap_;
  net::DatagramPtr to_;
  net::DatagramPtr from_;
  std::array<std::byte, 1200> data_{};
  std::array<std::byte, 2048> buffer_{};
  std::size_t received_ = 0;
  Event beat_;
};

net::Task<void> accept_all(Host& host, std::vector<net::StreamPtr>& streams) {
  auto listener = host.network().listen(kServer, {}).value();
  for (;;) {
    auto accepted = co_await listener->accept();
    if (!accepted) co_return;
    streams.push_back(std::move(*accepted));
  }
}

net::Task<void> connect(Host& host, std::vector<net::StreamPtr>& streams, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto connected = co_await host.network().connect(kServer, net::kAnyEgress);
    streams.push_back(std::move(connected.value()));
  }
}

BOOST_AUTO_TEST_CASE(packets_cross_hosts_and_lossy_links_without_an_allocation) {
  TwoHosts hosts(lossy());
  Beats beats(hosts, 250us);
  hosts.simulation.run_for(5s);
  const auto before = allocations;
  const auto received = beats.received();
  hosts.simulation.run_for(10s);
  BOOST_TEST(beats.received() - received > 39'000u);
  BOOST_TEST(allocations == before);
}

// A download in its steady state: the sender writes, the receiver reads, both wait in between.
net::Task<void> read_for_ever(Host& host, std::size_t& bytes) {
  auto connected = co_await host.network().connect(kServer, net::kAnyEgress);
  const auto stream = std::move(connected.value());
  std::vector<std::byte> buffer(64 * 1024);
  for (;;) {
    const auto got = co_await stream->read_some(buffer);
    if (!got || *got == 0) co_return;
    bytes += *got;
  }
}

BOOST_AUTO_TEST_CASE(programs_write_and_read_tcp_without_an_allocation) {
  constexpr std::size_t kEndless = std::size_t{1} << 40;
  TwoHosts hosts(lossy());
  std::size_t bytes = 0;
  hosts.server.spawn(serve_bytes(hosts.server, kServer, kEndless));
  hosts.client.spawn(read_for_ever(hosts.client, bytes));
  hosts.simulation.run_for(60s);
  const auto before = allocations;
  const auto begun = bytes;
  hosts.simulation.run_for(20s);
  BOOST_TEST(bytes - begun > 4'000'000u);
  BOOST_TEST(allocations - before == 0u);
}

BOOST_AUTO_TEST_CASE(ten_thousand_idle_flows_take_less_than_4_kb_each) {
  constexpr std::size_t kFlows = 10'000;
  constexpr std::size_t kMost = 4000;
  TwoHosts hosts(LinkOptions::symmetric(direction(DataRate::bits_per_second(1'000'000'000), 1ms)));
  std::vector<net::StreamPtr> clients;
  std::vector<net::StreamPtr> servers;
  hosts.server.spawn(accept_all(hosts.server, servers));
  hosts.simulation.run_for(1s);
  const auto before = bytes_in_use;
  constexpr std::size_t kLanes = 10;
  for (std::size_t i = 0; i < kLanes; ++i) {
    hosts.client.spawn(connect(hosts.client, clients, kFlows / kLanes));
  }
  hosts.simulation.run_for(60s);
  BOOST_REQUIRE(servers.size() == kFlows);
  const auto each = (bytes_in_use - before) / kFlows;
  BOOST_TEST_MESSAGE("an idle flow takes " << each << " bytes, both ends together");
  BOOST_TEST(each < kMost);
  BOOST_TEST(each > 1000u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
