// Stream::relay_to: a proxy's work. The client speaks to `inner`, which is relayed at the server to
// `outer`, whose other end is at the client again.
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"
#include "tests/conformance/wrapped.hpp"

#include <array>
#include <memory>
#include <optional>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(relaying)
namespace {

net::Task<net::Result<net::RelayEnd>> relay(net::Stream& source, net::Stream& sink,
                                            net::ByteCounter& counter) {
  co_return co_await source.relay_to(sink, counter);
}

CONFORMANCE_CASE_PER_FAMILY(a_relay_moves_every_byte_and_counts_it) {
  const auto inner = co_await connect_pair(world, family);
  const auto outer = co_await connect_pair(world, family);
  net::ByteCounter all;
  net::ByteCounter counter(&all);
  const auto bytes = world.large_transfer_bytes();
  Running<net::RelayEnd> relaying(world.server(), relay(*inner.server, *outer.server, counter));
  Running<std::size_t> receiving(world.client(), receive_pattern(*outer.client));
  const auto sent = co_await send_pattern(*inner.client, bytes);
  REQUIRE_SUCCESS(sent);
  BOOST_TEST(!inner.client->shutdown_write());
  const auto end = co_await relaying.result();
  REQUIRE_SUCCESS(end);
  BOOST_TEST((end->failed == net::RelayEnd::Side::none));
  BOOST_TEST(counter.total() == bytes);
  BOOST_TEST(all.total() == bytes);
  // The sink has not been shut down: that is the caller's.
  BOOST_TEST(!receiving.done());
  BOOST_TEST(!outer.server->shutdown_write());
  const auto received = co_await receiving.result();
  REQUIRE_SUCCESS(received);
  BOOST_TEST(*received == bytes);
}

CONFORMANCE_CASE(a_relay_to_another_kind_of_stream_moves_every_byte) {
  const auto inner = co_await connect_pair(world, net::Family::v4);
  const auto outer = co_await connect_pair(world, net::Family::v4);
  Wrapped sink(*outer.server);
  net::ByteCounter counter;
  const auto bytes = world.large_transfer_bytes() / 4;
  Running<net::RelayEnd> relaying(world.server(), relay(*inner.server, sink, counter));
  Running<std::size_t> receiving(world.client(), receive_pattern(*outer.client));
  const auto sent = co_await send_pattern(*inner.client, bytes);
  REQUIRE_SUCCESS(sent);
  BOOST_TEST(!inner.client->shutdown_write());
  const auto end = co_await relaying.result();
  REQUIRE_SUCCESS(end);
  BOOST_TEST(counter.total() == bytes);
  BOOST_TEST(!sink.shutdown_write());
  const auto received = co_await receiving.result();
  REQUIRE_SUCCESS(received);
  BOOST_TEST(*received == bytes);
}

CONFORMANCE_CASE(relays_work_both_ways_at_once_and_half_close_crosses_them) {
  const auto inner = co_await connect_pair(world, net::Family::v4);
  const auto outer = co_await connect_pair(world, net::Family::v6);
  const auto bytes = world.large_transfer_bytes() / 2;
  Running<std::size_t> there(world.server(), relayed(*inner.server, *outer.server));
  Running<std::size_t> back(world.server(), relayed(*outer.server, *inner.server));
  Running<std::size_t> at_outer(world.client(), receive_pattern(*outer.client));
  Running<std::size_t> at_inner(world.client(), receive_pattern(*inner.client));
  Running<std::size_t> answering(world.client(), send_pattern(*outer.client, bytes));
  const auto sent = co_await send_pattern(*inner.client, bytes);
  REQUIRE_SUCCESS(sent);
  BOOST_TEST(!inner.client->shutdown_write());
  const auto went = co_await there.result();
  REQUIRE_SUCCESS(went);
  BOOST_TEST(*went == bytes);
  BOOST_TEST(!outer.server->shutdown_write());
  const auto arrived = co_await at_outer.result();
  REQUIRE_SUCCESS(arrived);
  BOOST_TEST(*arrived == bytes);
  // The other direction goes on, also after this one's end.
  const auto answered = co_await answering.result();
  REQUIRE_SUCCESS(answered);
  const auto more = pattern(10'000, bytes);
  const auto error = co_await net::write_all(*outer.client, more);
  BOOST_TEST_REQUIRE(!error);
  BOOST_TEST(!outer.client->shutdown_write());
  const auto came = co_await back.result();
  REQUIRE_SUCCESS(came);
  BOOST_TEST(*came == bytes + more.size());
  BOOST_TEST(!inner.server->shutdown_write());
  const auto heard = co_await at_inner.result();
  REQUIRE_SUCCESS(heard);
  BOOST_TEST(*heard == bytes + more.size());
}

CONFORMANCE_CASE(small_messages_pass_a_relay_one_by_one) {
  const auto inner = co_await connect_pair(world, net::Family::v4);
  const auto outer = co_await connect_pair(world, net::Family::v4);
  Running<std::size_t> relaying(world.server(), relayed(*inner.server, *outer.server));
  for (std::size_t i = 0; i < 50; ++i) {
    const auto message = pattern(1 + i, i);
    const auto error = co_await net::write_all(*inner.client, message);
    BOOST_TEST_REQUIRE(!error);
    std::vector<std::byte> buffer(message.size());
    const auto got = co_await net::read_full(*outer.client, buffer);
    REQUIRE_SUCCESS(got);
    BOOST_TEST_REQUIRE((buffer == message));
  }
  co_await relaying.stop();
}

CONFORMANCE_CASE(the_sources_reset_is_the_sources_failure) {
  const auto inner = co_await connect_pair(world, net::Family::v4);
  const auto outer = co_await connect_pair(world, net::Family::v4);
  net::ByteCounter counter;
  Running<net::RelayEnd> relaying(world.server(), relay(*inner.server, *outer.server, counter));
  const auto error = co_await net::write_all(*inner.client, bytes_of("half a"));
  BOOST_TEST_REQUIRE(!error);
  std::array<std::byte, 6> buffer;
  const auto got = co_await net::read_full(*outer.client, buffer);
  REQUIRE_SUCCESS(got);
  inner.client->abort();
  const auto end = co_await relaying.result();
  REQUIRE_SUCCESS(end);
  BOOST_TEST((end->failed == net::RelayEnd::Side::source));
  CHECK_FAILURE(end->error, connection_reset);
  BOOST_TEST(counter.total() == 6u);
}

CONFORMANCE_CASE(the_sinks_reset_is_the_sinks_failure) {
  const auto inner = co_await connect_pair(world, net::Family::v4);
  const auto outer = co_await connect_pair(world, net::Family::v4);
  net::ByteCounter counter;
  Running<net::RelayEnd> relaying(world.server(), relay(*inner.server, *outer.server, counter));
  outer.client->abort();
  co_await pause(world, 200ms);
  BOOST_TEST(!relaying.done());
  const auto error = co_await net::write_all(*inner.client, bytes_of("nobody takes this"));
  BOOST_TEST_REQUIRE(!error);
  const auto end = co_await relaying.result();
  REQUIRE_SUCCESS(end);
  BOOST_TEST((end->failed == net::RelayEnd::Side::sink));
  CHECK_FAILURE(end->error, connection_reset);
  BOOST_TEST(counter.total() == 0u);
}

CONFORMANCE_CASE(a_sink_that_fails_in_a_bulk_transfer_ends_the_relay) {
  const auto inner = co_await connect_pair(world, net::Family::v4);
  const auto outer = co_await connect_pair(world, net::Family::v4);
  net::ByteCounter counter;
  Running<net::RelayEnd> relaying(world.server(), relay(*inner.server, *outer.server, counter));
  const auto much = world.more_than_buffers_bytes() * 2;
  Running<std::size_t> sending(world.client(), send_pattern(*inner.client, much));
  std::vector<std::byte> buffer(1'000'000);
  const auto got = co_await net::read_full(*outer.client, buffer);
  REQUIRE_SUCCESS(got);
  outer.client->abort();
  const auto end = co_await relaying.result();
  REQUIRE_SUCCESS(end);
  BOOST_TEST((end->failed == net::RelayEnd::Side::sink));
  CHECK_FAILURE(end->error, connection_reset);
  BOOST_TEST(counter.total() >= buffer.size());
  co_await sending.stop();
}

CONFORMANCE_CASE(a_relay_holds_the_source_back_when_the_sink_does_not_read) {
  const auto inner = co_await connect_pair(world, net::Family::v4);
  const auto outer = co_await connect_pair(world, net::Family::v4);
  const auto much = world.more_than_buffers_bytes() * 2;
  net::ByteCounter counter;
  Running<net::RelayEnd> relaying(world.server(), relay(*inner.server, *outer.server, counter));
  Running<std::size_t> sending(world.client(), send_pattern(*inner.client, much));
  std::uint64_t before = 0;
  do {
    before = counter.total();
    co_await pause(world, 1s);
  } while (counter.total() != before);
  BOOST_TEST(!sending.done());
  BOOST_TEST(counter.total() < much / 2);
  BOOST_TEST(counter.total() > 10'000u);
  co_await relaying.stop();
  co_await sending.stop();
}

// What was read and not taken by the sink is still the source's.
CONFORMANCE_CASE(a_cancelled_relay_loses_nothing) {
  const auto inner = co_await connect_pair(world, net::Family::v4);
  const auto outer = co_await connect_pair(world, net::Family::v4);
  const auto much = world.more_than_buffers_bytes() * 2;
  net::ByteCounter counter;
  Running<std::size_t> sending(world.client(), send_pattern(*inner.client, much));
  {
    Running<net::RelayEnd> relaying(world.server(), relay(*inner.server, *outer.server, counter));
    std::uint64_t before = 0;
    do {
      before = counter.total();
      co_await pause(world, 500ms);
    } while (counter.total() != before);
    relaying.cancel();
    const auto end = co_await relaying.result();
    REQUIRE_SUCCESS(end);
    BOOST_TEST((end->failed == net::RelayEnd::Side::sink));
    CHECK_FAILURE(end->error, operation_canceled);
  }
  sending.cancel();
  const auto stopped = co_await sending.result();
  BOOST_TEST(!stopped.has_value());
  BOOST_TEST(!inner.client->shutdown_write());
  BOOST_TEST(!outer.server->shutdown_write());
  const auto taken = co_await receive_pattern(*outer.client);
  REQUIRE_SUCCESS(taken);
  BOOST_TEST(*taken == counter.total());
  // The rest, from the byte on that the sink did not take.
  std::vector<std::byte> buffer(65536);
  auto offset = counter.total();
  for (;;) {
    const auto got = co_await inner.server->read_some(buffer);
    REQUIRE_SUCCESS(got);
    if (*got == 0) break;
    BOOST_TEST_REQUIRE(matches_pattern(std::span(buffer).first(*got), offset));
    offset += *got;
  }
  BOOST_TEST(offset > counter.total());
}

// Also where the first one left much more behind than a relay reads at once.
CONFORMANCE_CASE(a_relay_begins_with_what_an_earlier_one_left) {
  const auto inner = co_await connect_pair(world, net::Family::v4);
  const auto outer = co_await connect_pair(world, net::Family::v4);
  const auto much = world.more_than_buffers_bytes() * 2;
  net::ByteCounter counter;
  Running<std::size_t> sending(world.client(), send_pattern(*inner.client, much));
  {
    Running<net::RelayEnd> first(world.server(), relay(*inner.server, *outer.server, counter));
    std::uint64_t before = 0;
    do {
      before = counter.total();
      co_await pause(world, 500ms);
    } while (counter.total() != before);
    co_await first.stop();
  }
  Running<net::RelayEnd> second(world.server(), relay(*inner.server, *outer.server, counter));
  Running<std::size_t> receiving(world.client(), receive_pattern(*outer.client));
  const auto sent = co_await sending.result();
  REQUIRE_SUCCESS(sent);
  BOOST_TEST(!inner.client->shutdown_write());
  const auto end = co_await second.result();
  REQUIRE_SUCCESS(end);
  BOOST_TEST(!outer.server->shutdown_write());
  const auto received = co_await receiving.result();
  REQUIRE_SUCCESS(received);
  BOOST_TEST(*received == much);
  BOOST_TEST(counter.total() == much);
}

// How evenly they share is also the senders' doing (window growth), so only starvation is an error.
CONFORMANCE_CASE(no_relay_starves_beside_others) {
  constexpr std::size_t kRelays = 16;
  std::vector<Pair> inner;
  std::vector<Pair> outer;
  for (std::size_t i = 0; i < kRelays; ++i) {
    inner.push_back(co_await connect_pair(world, net::Family::v4));
    outer.push_back(co_await connect_pair(world, net::Family::v4));
  }
  // All begin together: a connection that is made beside busy ones may lose its SYN.
  std::vector<std::unique_ptr<Running<std::size_t>>> tasks;
  std::array<net::ByteCounter, kRelays> counters;
  std::vector<std::unique_ptr<Running<net::RelayEnd>>> relays;
  constexpr auto kMuch = std::size_t{1} << 40;
  for (std::size_t i = 0; i < kRelays; ++i) {
    tasks.push_back(std::make_unique<Running<std::size_t>>(world.client(),
                                                           send_pattern(*inner[i].client, kMuch)));
    tasks.push_back(
        std::make_unique<Running<std::size_t>>(world.client(), receive_pattern(*outer[i].client)));
    relays.push_back(std::make_unique<Running<net::RelayEnd>>(
        world.server(), relay(*inner[i].server, *outer[i].server, counters[i])));
  }
  std::uint64_t total = 0;
  while (total < world.large_transfer_bytes() * 8) {
    co_await pause(world, 50ms);
    total = 0;
    for (const auto& counter : counters) total += counter.total();
  }
  for (const auto& counter : counters) {
    BOOST_TEST(counter.total() > total / kRelays / 10);
    BOOST_TEST(counter.total() < total / kRelays * 4);
  }
  for (auto& task : relays) co_await task->stop();
  for (auto& task : tasks) co_await task->stop();
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
