// The limit of connections in all holds over all threads and listeners.

#include "engine/proxy/admission.hpp"

#include "engine/proxy/socks5_client.hpp"
#include "tests/unit/proxy/proxy_world.hpp"

#include <atomic>
#include <thread>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(admission)
namespace {

BOOST_AUTO_TEST_CASE(threads_that_enter_at_the_same_time_are_never_more_than_there_may_be) {
  constexpr std::size_t kMost = 2;
  Admission admission({{}, kMost, 0});
  std::atomic<std::size_t> inside = 0;
  std::atomic<std::size_t> entered = 0;
  std::atomic<bool> too_many = false;
  const auto come_and_go = [&] {
    for (int i = 0; i < 20'000; ++i) {
      const auto place = admission.enter_unknown();
      if (!place) continue;
      if (++inside > kMost) too_many = true;
      ++entered;
      std::this_thread::yield();
      --inside;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(come_and_go);
  for (auto& thread : threads) thread.join();
  BOOST_TEST(!too_many);
  BOOST_TEST(entered > 0u);
  BOOST_TEST(admission.live() == 0u);
}

// Each listener has been told that there is room before either has a connection.
BOOST_AUTO_TEST_CASE(of_two_clients_at_two_listeners_one_waits_for_the_last_place) {
  ServerOptions options;
  options.admission.connections_max = 1;
  ProxyWorld world({"wifi"}, options);
  const auto other = endpoint("127.0.0.1:1081");
  BOOST_REQUIRE(world.server->listen(other).has_value());
  world.server->start();
  world.serve([](net::StreamPtr stream) -> net::Task<void> { co_await read_to_end(*stream); });
  const auto program = [&]() -> net::Task<void> {
    auto first = co_await world.connect_to_proxy();
    auto second = co_await world.laptop.network().connect(other, net::kAnyEgress);
    const auto greeting = socks5::encode_greeting(std::vector{socks5::Method::none});
    co_await send(*first, greeting);
    co_await send(**second, greeting);
    co_await world.laptop.clock().sleep_for(2s);
    BOOST_TEST(world.server->counters().live == 1u);
    BOOST_TEST(world.server->counters().accepted == 1u);
    first.reset();
    std::vector<std::byte> choice(2);
    BOOST_TEST(co_await net::read_full(**second, choice) == 2u);
    BOOST_TEST(world.server->counters().live == 1u);
    BOOST_TEST(world.server->counters().accepted == 2u);
  };
  world.run(program());
  BOOST_TEST(world.server->counters().turned_away == 0u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
