// A page fetched over the seam in both worlds, by the same programs.
#include "tests/unit/net/http_over_seam.hpp"

#include "engine/os/event_loop.hpp"
#include "engine/os/runtime.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <exception>

namespace dispatch::test {
BOOST_AUTO_TEST_SUITE(http_over_the_seam)
namespace {

using namespace std::chrono_literals;

net::Task<void> fetch_into(Page& fetched, net::Runtime& client, net::Endpoint server,
                           Security security) {
  fetched = co_await fetch_page(client, server, security);
}

void check(const Page& fetched, Security security) {
  BOOST_TEST(fetched.status == 200u);
  BOOST_TEST(fetched.body.size() == kPageBytes);
  BOOST_TEST((fetched.body == page()));
  BOOST_TEST(fetched.peer_name == (security == Security::tls ? "page.example.com" : ""));
}

Page fetch_on_the_kernel(Security security) {
  os::Runtime runtime;
  const auto listener =
      runtime.network().listen({net::loopback_address(net::Family::v4), 0}, {}).value();
  std::exception_ptr failure;
  int running = 2;
  const auto ended = [&](std::exception_ptr exception) {
    if (exception) failure = exception;
    if (--running == 0 || exception) runtime.stop();
  };
  Page fetched;
  net::asio::co_spawn(runtime.executor(), serve_page(runtime, *listener, security), ended);
  net::asio::co_spawn(runtime.executor(),
                      fetch_into(fetched, runtime, listener->local_endpoint(), security), ended);
  runtime.events().run_for(20s);
  if (failure) std::rethrow_exception(failure);
  BOOST_TEST(running == 0);
  return fetched;
}

Page fetch_in_the_simulator(Security security) {
  sim::Simulation simulation(1);
  sim::World world(simulation);
  sim::DirectionOptions direction;
  direction.rate = sim::DataRate::bits_per_second(20'000'000);
  direction.delay = 10ms;
  const auto link = sim::LinkOptions::symmetric(direction);
  auto& client = world.add_host("client");
  auto& server = world.add_host("server");
  world.attach(client, "eth0", {*net::parse_prefix("192.0.2.2/24")}, link);
  world.attach(server, "eth0", {*net::parse_prefix("198.51.100.2/24")}, link);
  const auto listener =
      server.network().listen({*net::parse_address("198.51.100.2"), 443}, {}).value();
  Page fetched;
  server.spawn(serve_page(server, *listener, security));
  client.spawn(fetch_into(fetched, client, listener->local_endpoint(), security));
  simulation.run_for(60s);
  simulation.drop_tasks();
  return fetched;
}

BOOST_AUTO_TEST_CASE(beast_fetches_a_page_on_the_kernel) {
  check(fetch_on_the_kernel(Security::plain), Security::plain);
}

BOOST_AUTO_TEST_CASE(beast_fetches_a_page_over_tls_on_the_kernel) {
  check(fetch_on_the_kernel(Security::tls), Security::tls);
}

BOOST_AUTO_TEST_CASE(beast_fetches_a_page_in_the_simulator) {
  check(fetch_in_the_simulator(Security::plain), Security::plain);
}

BOOST_AUTO_TEST_CASE(beast_fetches_a_page_over_tls_in_the_simulator) {
  check(fetch_in_the_simulator(Security::tls), Security::tls);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::test
