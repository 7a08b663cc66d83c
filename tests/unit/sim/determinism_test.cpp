// The same seed gives the same run, whatever else goes on.
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <thread>

namespace dispatch::sim::test {
BOOST_AUTO_TEST_SUITE(determinism)
namespace {

// Two clients download over lossy links with jitter: the hash, and what arrived.
std::string run(std::uint64_t seed, bool log = false, bool third_link = false) {
  auto lossy = direction(DataRate::mbit_per_second(10), 15ms);
  lossy.loss = 0.01;
  lossy.jitter = {Jitter::Shape::normal, 1ms, false};
  TwoHosts hosts(LinkOptions::symmetric(lossy), seed);
  if (third_link) {
    hosts.world.attach(hosts.client, "lte", {prefix("198.51.100.2/24")},
                       LinkOptions::symmetric(lossy));
  }
  int lines = 0;
  if (log) {
    hosts.simulation.set_log_sink(
        [&](net::TimePoint, std::string_view, net::LogLevel, std::string_view) { ++lines; });
  }
  hosts.simulation.spawn(serve_bytes(hosts.server, kServer, 500'000));
  std::array<std::size_t, 3> got{};
  for (auto& each : got) {
    hosts.simulation.spawn([](Host& client, std::size_t& out) -> net::Task<void> {
      const auto bytes = co_await download(client, kServer);
      out = bytes ? *bytes : 0;
      client.log().info("{} bytes", out);
    }(hosts.client, each));
  }
  hosts.simulation.run_until(net::TimePoint(60s));
  BOOST_TEST(lines == (log ? 3 : 0));
  return hosts.simulation.hash_text() + " " + std::to_string(got[0] + got[1] + got[2]);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_hash) {
  const auto first = run(1);
  BOOST_TEST(first == run(1));
  BOOST_TEST(first.substr(17) == "1500000");
  BOOST_TEST(first.find_first_not_of("0123456789abcdef") == 16u);
}

BOOST_AUTO_TEST_CASE(another_seed_gives_another_hash) {
  BOOST_TEST(run(1) != run(2));
}

BOOST_AUTO_TEST_CASE(logging_does_not_change_the_hash) {
  BOOST_TEST(run(3) == run(3, true));
}

BOOST_AUTO_TEST_CASE(a_link_that_is_not_used_does_not_change_the_losses_of_another) {
  BOOST_TEST(run(4) == run(4, false, true));
}

BOOST_AUTO_TEST_CASE(simulations_on_two_threads_do_not_meet) {
  const std::array<std::string, 2> alone{run(5), run(6)};
  std::array<std::string, 2> together;
  std::thread other([&] { together[0] = run(5); });
  together[1] = run(6);
  other.join();
  BOOST_TEST(together == alone, boost::test_tools::per_element());
}

// LeakSanitizer and AddressSanitizer judge.
BOOST_AUTO_TEST_CASE(a_world_can_end_at_any_moment) {
  for (int moment = 0; moment < 200; moment += 7) {
    TwoHosts hosts(LinkOptions::symmetric(direction(DataRate::mbit_per_second(10), 15ms)));
    hosts.simulation.spawn(serve_bytes(hosts.server, kServer, 500'000));
    std::size_t ended = 0;
    for (int i = 0; i < 3; ++i) {
      hosts.simulation.spawn([](Host& client, std::size_t& count) -> net::Task<void> {
        const auto bytes = co_await download(client, kServer);
        count += bytes.has_value();
      }(hosts.client, ended));
    }
    hosts.simulation.run_until(net::TimePoint(std::chrono::milliseconds(moment)));
    BOOST_TEST(ended == 0u);
    BOOST_TEST((moment < 10 || hosts.client.tcp_sockets() == 3u));
  }
}

BOOST_AUTO_TEST_CASE(many_hosts_share_one_world) {
  constexpr int kHosts = 200;
  Simulation simulation(1);
  World world(simulation);
  auto& server = world.add_host("server");
  world.attach(server, "eth0", {prefix("203.0.113.10/24")}, {});
  simulation.spawn([](Host& host) -> net::Task<void> {
    auto listener = host.network().listen(kServer, {}).value();
    for (;;) {
      auto accepted = co_await listener->accept();
      if (!accepted) co_return;
      const auto stream = std::move(*accepted);
      const std::vector<std::byte> block(10'000);
      static_cast<void>(co_await net::write_all(*stream, block));
    }
  }(server));
  std::size_t total = 0;
  for (int i = 0; i < kHosts; ++i) {
    auto& client = world.add_host("client" + std::to_string(i));
    world.attach(client, "wifi", {prefix("10.0." + std::to_string(i) + ".2/24")},
                 LinkOptions::symmetric(direction(DataRate::mbit_per_second(10), 15ms)));
    client.spawn([](Host& host, std::size_t& sum) -> net::Task<void> {
      const auto bytes = co_await download(host, kServer);
      sum += bytes ? *bytes : 0;
    }(client, total));
  }
  simulation.run_until(net::TimePoint(10s));
  BOOST_TEST(total == kHosts * 10'000u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::test
