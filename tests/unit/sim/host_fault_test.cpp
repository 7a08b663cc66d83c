// Faults of a host that is there and does less than it should.
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>

namespace dispatch::sim::test {
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

BOOST_AUTO_TEST_SUITE(host_faults)

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::sim::test
