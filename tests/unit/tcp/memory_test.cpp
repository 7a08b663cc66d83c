// What connections cost: memory when idle, allocations when busy.
#include "tests/unit/allocations.hpp"
#include "tests/unit/tcp/exchange.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::sim::tcp::test {
BOOST_AUTO_TEST_SUITE(tcp_memory)
namespace {

using dispatch::test::allocations;
using dispatch::test::bytes_in_use;

constexpr std::size_t kIdleConnectionMost = 4096;  // bytes

std::size_t size_of_both_ends(bool used) {
  const auto before = bytes_in_use;
  Exchange exchange;
  exchange.keep_records = false;
  exchange.establish();
  if (used) {
    Transfer transfer(exchange, Side::client, 3'000'000);
    exchange.applications = [&] { transfer.work(); };
    exchange.run_until([&] { return transfer.complete(); });
    exchange.run_for(1s);
    exchange.applications = nullptr;
  }
  return bytes_in_use - before + 2 * sizeof(Connection);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_takes_less_than_4_kb) {
  static_cast<void>(size_of_both_ends(true));  // fills the cache of blocks
  for (const bool used : {false, true}) {
    const auto size = size_of_both_ends(used) / 2;
    BOOST_TEST_MESSAGE("an idle connection takes " << size << " bytes");
    BOOST_TEST(size < kIdleConnectionMost);
    BOOST_TEST(size > 500);
  }
}

#ifndef __SANITIZE_ADDRESS__
BOOST_AUTO_TEST_CASE(steady_traffic_does_not_allocate_in_the_connections) {
  // The two ends are fed directly: the harness's own queue would allocate.
  constexpr auto kOneWay = std::chrono::microseconds(100);
  auto now = TimePoint{};
  Connection client({}, 1, 2, 1000);
  std::optional<Connection> server;
  client.connect(now);
  server.emplace(Options{}, 2, 1, 5000);
  server->accept(*client.next_segment(now), now);
  client.receive(*server->next_segment(now), now);
  server->receive(*client.next_segment(now), now);
  const auto data = pattern(0, 60'000);
  const auto rounds = [&](int count) {
    for (int i = 0; i < count; ++i) {
      client.write(data, now);
      now += kOneWay;
      while (auto segment = client.next_segment(now)) server->receive(*segment, now);
      while (!server->read_slice(SIZE_MAX, now).empty()) continue;
      now += kOneWay;
      if (server->deadline() <= now) server->on_timer(now);
      while (auto segment = server->next_segment(now)) client.receive(*segment, now);
    }
  };
  rounds(2'000);
  const auto before = allocations;
  const auto received = server->info().bytes_received;
  rounds(2'000);
  BOOST_TEST(server->info().bytes_received - received > 100'000'000 / 2);
  BOOST_TEST(allocations - before < 10);
}
#endif

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::sim::tcp::test
