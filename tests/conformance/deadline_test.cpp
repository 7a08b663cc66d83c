// Streams' own deadlines: the stream is as good as before.
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

#include <array>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(deadlines)
namespace {

// `start` makes the operation with its deadline, and it must not end before.
template <typename Start>
net::Task<void> ends_at_its_deadline(net::Runtime& runtime, Start start) {
  auto& clock = runtime.clock();
  const auto deadline = clock.now() + 50ms;
  const auto late = co_await start(deadline);
  CHECK_ERROR(late, timed_out);
  BOOST_TEST((clock.now() >= deadline));
  BOOST_TEST((clock.now() < deadline + 2s));
}

// Writes until there is no room any more: a window probe may make some once more.
net::Task<void> fill(net::Clock& clock, net::Stream& stream) {
  const auto piece = pattern(65536);
  for (int refusals = 0; refusals < 4;) {
    const auto taken = co_await stream.write_some(piece, clock.now() + 500ms);
    refusals = taken ? 0 : refusals + 1;
  }
}

CONFORMANCE_CASE_PER_FAMILY(a_connect_ends_at_its_deadline) {
  NEEDS_LINKS();
  const net::Endpoint dark{world.dark_address(family), 80};
  co_await ends_at_its_deadline(world.client(), [&](net::TimePoint deadline) {
    return world.client().network().connect(dark, net::kAnyEgress, deadline);
  });
}

CONFORMANCE_CASE(a_connection_that_came_in_time_outlives_the_deadline) {
  const auto listener = world.server().network().listen({world.server_address(net::Family::v4), 0},
                                                        net::ListenOptions{});
  REQUIRE_SUCCESS(listener);
  const auto remote = (*listener)->local_endpoint();
  const auto deadline = world.client().clock().now() + 1s;
  const auto client = co_await world.client().network().connect(remote, net::kAnyEgress, deadline);
  REQUIRE_SUCCESS(client);
  const auto accepted = co_await (*listener)->accept();
  REQUIRE_SUCCESS(accepted);
  const auto slept = co_await world.client().clock().sleep_until(deadline + 50ms);
  BOOST_TEST(!slept);
  const auto error = co_await net::write_all(**client, bytes_of("late"));
  BOOST_TEST(!error);
  std::array<std::byte, 4> buffer;
  const auto got = co_await net::read_full(**accepted, buffer);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(std::ranges::equal(buffer, bytes_of("late")));
}

CONFORMANCE_CASE(a_read_ends_at_its_deadline_and_the_stream_goes_on) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  std::array<std::byte, 10> buffer;
  co_await ends_at_its_deadline(world.client(), [&](net::TimePoint deadline) {
    return pair.client->read_some(buffer, deadline);
  });
  const auto error = co_await net::write_all(*pair.server, bytes_of("still here"));
  BOOST_TEST(!error);
  const auto until = world.client().clock().now() + 5s;
  const auto got = co_await pair.client->read_some(buffer, until);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(*got == 10u);
  BOOST_TEST((world.client().clock().now() < until));
}

CONFORMANCE_CASE(what_is_there_is_read_after_the_deadline_too) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  const auto error = co_await net::write_all(*pair.server, bytes_of("there"));
  BOOST_TEST(!error);
  co_await pause(world, 100ms);
  std::array<std::byte, 5> buffer;
  const auto got = co_await pair.client->read_some(buffer, world.client().clock().now() - 1s);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(*got == 5u);
}

CONFORMANCE_CASE(a_write_ends_at_its_deadline_and_the_stream_goes_on) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  auto& clock = world.client().clock();
  co_await fill(clock, *pair.client);
  const auto piece = pattern(65536);
  co_await ends_at_its_deadline(world.client(), [&](net::TimePoint deadline) {
    return pair.client->write_some(piece, deadline);
  });
  Running<std::size_t> writing(world.client(), pair.client->write_some(bytes_of("more")));
  std::vector<std::byte> buffer(1 << 20);
  while (!writing.done()) {
    const auto got = co_await pair.server->read_some(buffer, clock.now() + 10s);
    REQUIRE_SUCCESS(got);
  }
  const auto taken = co_await writing.result();
  REQUIRE_SUCCESS(taken);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
