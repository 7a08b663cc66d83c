// TCP over a link: what the link allows is what arrives.
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(transfer)
namespace {

constexpr auto kRate = DataRate::mbit_per_second(20);
constexpr net::Duration kDelay = 25ms;
constexpr double kPayloadShare = 1448.0 / 1500.0;  // timestamps on

TwoHosts two_hosts(std::uint64_t seed = 1) {
  // One bandwidth-delay product of queue.
  return TwoHosts(
      LinkOptions::symmetric(direction(kRate, kDelay, QueueLimit::of(ByteSize::kilobytes(125)))),
      seed);
}

BOOST_AUTO_TEST_CASE(a_bulk_download_fills_the_link) {
  constexpr std::size_t kBytes = 50'000'000;
  auto hosts = two_hosts();
  hosts.simulation.spawn(serve_bytes(hosts.server, kServer, kBytes));
  const auto got = result_of(hosts.simulation, download(hosts.client, kServer));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(*got == kBytes);
  const auto seconds =
      std::chrono::duration<double>(hosts.simulation.now().time_since_epoch()).count();
  const double goodput = kBytes * 8 / seconds;
  const double expected = static_cast<double>(kRate.bits_per_second()) * kPayloadShare;
  BOOST_TEST(goodput < expected);
  BOOST_TEST(goodput > 0.93 * expected);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
