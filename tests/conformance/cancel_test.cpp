// Every operation can be cut short, and its object is as good as before.
#include "engine/net/deadline.hpp"
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

#include <array>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(ending)
namespace {

// `start` makes the operation, which must not end by itself.
template <typename T, typename Start>
net::Task<void> can_be_ended(World& world, net::Runtime& runtime, Start start) {
  auto& clock = runtime.clock();
  const auto deadline = clock.now() + 50ms;
  net::Task<net::Result<T>> first = start();
  const auto late = co_await net::with_deadline(clock, deadline, std::move(first));
  CHECK_ERROR(late, timed_out);
  BOOST_TEST((clock.now() >= deadline));
  BOOST_TEST((clock.now() < deadline + 2s));

  Running<T> running(runtime, start());
  co_await pause(world, 30ms);
  BOOST_TEST(!running.done());
  running.cancel();
  const auto cancelled = co_await running.result();
  CHECK_ERROR(cancelled, operation_canceled);
}

CONFORMANCE_CASE_PER_FAMILY(a_connect_can_be_ended) {
  NEEDS_LINKS();
  const net::Endpoint dark{world.dark_address(family), 80};
  co_await can_be_ended<net::StreamPtr>(world, world.client(), [&] {
    return world.client().network().connect(dark, net::kAnyEgress);
  });
}

CONFORMANCE_CASE(an_accept_can_be_ended_and_the_listener_goes_on) {
  const auto listener = world.server().network().listen({world.server_address(net::Family::v4), 0},
                                                        net::ListenOptions{});
  REQUIRE_SUCCESS(listener);
  co_await can_be_ended<net::StreamPtr>(world, world.server(),
                                        [&] { return (*listener)->accept(); });
  const auto client =
      co_await world.client().network().connect((*listener)->local_endpoint(), net::kAnyEgress);
  REQUIRE_SUCCESS(client);
  const auto accepted = co_await (*listener)->accept();
  REQUIRE_SUCCESS(accepted);
}

CONFORMANCE_CASE(a_read_can_be_ended_and_the_stream_goes_on) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  std::array<std::byte, 10> buffer;
  co_await can_be_ended<std::size_t>(world, world.client(),
                                     [&] { return pair.client->read_some(buffer); });
  const auto error = co_await net::write_all(*pair.server, bytes_of("still here"));
  BOOST_TEST(!error);
  const auto got = co_await net::read_full(*pair.client, buffer);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(std::ranges::equal(buffer, bytes_of("still here")));
}

CONFORMANCE_CASE(a_write_can_be_ended_and_the_stream_goes_on) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  const auto piece = pattern(65536);
  auto& clock = world.client().clock();
  // A window probe may make room once more.
  for (int refusals = 0; refusals < 4;) {
    const auto taken =
        co_await net::with_deadline(clock, clock.now() + 500ms, pair.client->write_some(piece));
    refusals = taken ? 0 : refusals + 1;
  }
  co_await can_be_ended<std::size_t>(world, world.client(),
                                     [&] { return pair.client->write_some(piece); });
  Running<std::size_t> writing(world.client(), pair.client->write_some(bytes_of("more")));
  std::vector<std::byte> buffer(1 << 20);
  while (!writing.done()) {
    const auto got = co_await pair.server->read_some(buffer);
    REQUIRE_SUCCESS(got);
    co_await pause(world, 1ms);
  }
  const auto taken = co_await writing.result();
  REQUIRE_SUCCESS(taken);
  BOOST_TEST(*taken > 0u);
}

CONFORMANCE_CASE(an_idle_relay_can_be_ended_and_the_streams_go_on) {
  const auto inner = co_await connect_pair(world, net::Family::v4);
  const auto outer = co_await connect_pair(world, net::Family::v4);
  co_await can_be_ended<std::size_t>(world, world.server(),
                                     [&] { return relayed(*inner.server, *outer.server); });
  Running<std::size_t> again(world.server(), relayed(*inner.server, *outer.server));
  const auto error = co_await net::write_all(*inner.client, bytes_of("still here"));
  BOOST_TEST(!error);
  std::array<std::byte, 10> buffer;
  const auto got = co_await net::read_full(*outer.client, buffer);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(std::ranges::equal(buffer, bytes_of("still here")));
  co_await again.stop();
}

CONFORMANCE_CASE(a_receive_can_be_ended_and_the_socket_goes_on) {
  net::DatagramOptions options;
  options.local = {world.server_address(net::Family::v4), 0};
  const auto socket = world.server().network().open_datagram(options);
  REQUIRE_SUCCESS(socket);
  std::array<std::byte, 10> buffer;
  std::array<net::DatagramIn, 1> in{};
  in[0].buffer = buffer;
  co_await can_be_ended<std::size_t>(world, world.server(), [&] { return (*socket)->receive(in); });
  const auto sender = world.client().network().open_datagram({});
  REQUIRE_SUCCESS(sender);
  std::array<net::DatagramOut, 1> out{};
  out[0].data = bytes_of("late");
  out[0].to = (*socket)->local_endpoint();
  const auto sent = co_await (*sender)->send(out);
  REQUIRE_SUCCESS(sent);
  const auto received = co_await (*socket)->receive(in);
  REQUIRE_SUCCESS(received);
  BOOST_TEST(in[0].size == 4u);
}

CONFORMANCE_CASE(a_resolve_can_be_ended_and_the_resolver_goes_on) {
  world.set_name_server_silent(true);
  co_await can_be_ended<std::vector<net::ResolvedAddress>>(world, world.client(), [&] {
    net::ResolveQuery query;
    query.name = "both.example.com";
    return world.client().resolver().resolve(query);
  });
  world.set_name_server_silent(false);
  net::ResolveQuery query;
  query.name = "both.example.com";
  const auto found = co_await world.client().resolver().resolve(query);
  REQUIRE_SUCCESS(found);
}

CONFORMANCE_CASE(a_sleep_can_be_ended) {
  auto& clock = world.client().clock();
  co_await can_be_ended<std::size_t>(world, world.client(),
                                     [&] { return as_result(clock.sleep_for(1h)); });
  co_await can_be_ended<std::size_t>(world, world.client(),
                                     [&] { return as_result(clock.sleep_until(net::kNever)); });
}

CONFORMANCE_CASE(a_wait_for_a_condition_can_be_ended_and_others_go_on) {
  net::Condition condition(world.client().executor());
  Running<std::size_t> other(world.client(), as_result(condition.wait()));
  co_await can_be_ended<std::size_t>(world, world.client(),
                                     [&] { return as_result(condition.wait()); });
  BOOST_TEST(!other.done());
  condition.notify_one();
  const auto notified = co_await other.result();
  REQUIRE_SUCCESS(notified);
}

CONFORMANCE_CASE(a_watch_can_be_ended_and_goes_on) {
  const auto watch = world.client().interfaces().watch();
  REQUIRE_SUCCESS(watch);
  co_await can_be_ended<std::size_t>(world, world.client(),
                                     [&] { return as_result((*watch)->changed()); });
  NEEDS_LINKS();
  world.set_up(world.links()[1], false);
  const auto error = co_await (*watch)->changed();
  BOOST_TEST(!error);
}

CONFORMANCE_CASE(what_ends_in_time_is_not_disturbed_by_its_deadline) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  const auto error = co_await net::write_all(*pair.server, bytes_of("in time"));
  BOOST_TEST(!error);
  std::array<std::byte, 10> buffer;
  auto& clock = world.client().clock();
  const auto got =
      co_await net::with_deadline(clock, clock.now() + 5s, pair.client->read_some(buffer));
  REQUIRE_SUCCESS(got);
  BOOST_TEST(*got == 7u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
