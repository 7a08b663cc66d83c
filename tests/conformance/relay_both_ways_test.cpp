// Stream::relay_both_ways: a proxy's work, as relay_test.cpp has it one way.
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"
#include "tests/conformance/wrapped.hpp"

#include <array>
#include <optional>
#include <vector>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(relaying_both_ways)
namespace {

struct Observer : net::RelayObserver {
  explicit Observer(net::asio::any_io_executor executor) : changed(std::move(executor)) {}
  void half_ended() override {
    BOOST_TEST(!end);
    ++half_ends;
  }
  void ended(const net::DuplexEnd& both) override {
    BOOST_TEST(!end);
    end = both;
    changed.notify_all();
  }
  std::optional<net::DuplexEnd> end;
  int half_ends = 0;
  net::Condition changed;
};

// Cancelling it does not end the relay: abort both streams.
net::Task<net::Result<net::DuplexEnd>> relay_both_ways(World& world, Pair& inner, Pair& outer,
                                                       net::ByteCounter& sent,
                                                       net::ByteCounter& received) {
  const auto executor = world.server().executor();
  const auto state = std::make_unique<Observer>(executor);
  inner.server->relay_both_ways(*outer.server, sent, received, executor, *state);
  BOOST_TEST(!state->end);
  while (!state->end) {
    if (const auto error = co_await state->changed.wait()) co_return error;
  }
  BOOST_TEST(state->half_ends == (state->end->sent.error ? 0 : 1));
  co_return *state->end;
}

CONFORMANCE_CASE_PER_FAMILY(a_relay_both_ways_passes_each_half_close_on_and_ends_with_the_second) {
  auto inner = co_await connect_pair(world, family);
  auto outer = co_await connect_pair(world, family);
  net::ByteCounter sent;
  net::ByteCounter received;
  Running<net::DuplexEnd> relaying(world.server(),
                                   relay_both_ways(world, inner, outer, sent, received));
  const auto bytes = world.large_transfer_bytes() / 2;
  Running<std::size_t> at_outer(world.client(), receive_pattern(*outer.client));
  Running<std::size_t> at_inner(world.client(), receive_pattern(*inner.client));
  Running<std::size_t> answering(world.client(), send_pattern(*outer.client, bytes));
  const auto asked = co_await send_pattern(*inner.client, bytes);
  REQUIRE_SUCCESS(asked);
  BOOST_TEST(!inner.client->shutdown_write());
  const auto arrived = co_await at_outer.result();
  REQUIRE_SUCCESS(arrived);
  BOOST_TEST(*arrived == bytes);
  BOOST_TEST(sent.total() == bytes);
  const auto answered = co_await answering.result();
  REQUIRE_SUCCESS(answered);
  const auto more = pattern(10'000, bytes);
  const auto error = co_await net::write_all(*outer.client, more);
  BOOST_TEST_REQUIRE(!error);
  BOOST_TEST(!relaying.done());
  BOOST_TEST(!outer.client->shutdown_write());
  const auto heard = co_await at_inner.result();
  REQUIRE_SUCCESS(heard);
  BOOST_TEST(*heard == bytes + more.size());
  const auto end = co_await relaying.result();
  REQUIRE_SUCCESS(end);
  BOOST_TEST((end->sent.failed == net::RelayEnd::Side::none));
  BOOST_TEST((end->received.failed == net::RelayEnd::Side::none));
  BOOST_TEST(received.total() == bytes + more.size());
}

CONFORMANCE_CASE(a_reset_crosses_a_relay_both_ways) {
  auto inner = co_await connect_pair(world, net::Family::v4);
  auto outer = co_await connect_pair(world, net::Family::v4);
  net::ByteCounter sent;
  net::ByteCounter received;
  Running<net::DuplexEnd> relaying(world.server(),
                                   relay_both_ways(world, inner, outer, sent, received));
  const auto error = co_await net::write_all(*outer.client, bytes_of("half an"));
  BOOST_TEST_REQUIRE(!error);
  std::array<std::byte, 7> buffer;
  const auto got = co_await net::read_full(*inner.client, buffer);
  REQUIRE_SUCCESS(got);
  outer.client->abort();
  const auto end = co_await relaying.result();
  REQUIRE_SUCCESS(end);
  BOOST_TEST((end->received.failed == net::RelayEnd::Side::source));
  CHECK_FAILURE(end->received.error, connection_reset);
  BOOST_TEST((end->sent.failed != net::RelayEnd::Side::none));
  const auto after = co_await inner.client->read_some(buffer);
  CHECK_ERROR(after, connection_reset);
}

CONFORMANCE_CASE(aborting_both_streams_ends_their_relay_with_much_under_way) {
  auto inner = co_await connect_pair(world, net::Family::v4);
  auto outer = co_await connect_pair(world, net::Family::v4);
  const auto much = world.more_than_buffers_bytes() * 2;
  net::ByteCounter sent;
  net::ByteCounter received;
  Running<net::DuplexEnd> relaying(world.server(),
                                   relay_both_ways(world, inner, outer, sent, received));
  Running<std::size_t> sending(world.client(), send_pattern(*inner.client, much));
  std::uint64_t before = 0;
  do {
    before = sent.total();
    co_await pause(world, 500ms);
  } while (sent.total() != before);
  inner.server->abort();
  outer.server->abort();
  const auto end = co_await relaying.result();
  REQUIRE_SUCCESS(end);
  BOOST_TEST((end->sent.failed != net::RelayEnd::Side::none));
  BOOST_TEST((end->received.failed != net::RelayEnd::Side::none));
  const auto stopped = co_await sending.result();
  BOOST_TEST(!stopped.has_value());
}

// What a relay both ways is asked for by who may give its other stream up.
struct Keeping final : net::RelayObserver, net::Witness {
  explicit Keeping(net::asio::any_io_executor executor) : changed(std::move(executor)) {}
  bool sees(std::span<const std::byte> bytes) override {
    seen.insert(seen.end(), bytes.begin(), bytes.end());
    return seen.size() < enough;
  }
  void half_ended() override { ++half_ends; }
  bool keeps_asked_stream() override {
    ++asked;
    return keeps;
  }
  void ended(const net::DuplexEnd& both) override {
    BOOST_TEST(!end);
    end = both;
    changed.notify_all();
  }

  std::vector<std::byte> seen;
  std::size_t enough = 1'000'000;
  bool keeps = true;
  int half_ends = 0;
  int asked = 0;
  std::optional<net::DuplexEnd> end;
  net::Condition changed;
};

// Relays from the inner server to the outer one, which is what it is, or of no world.
struct KeepingRelay {
  KeepingRelay(World& world, Pair& inner, Pair& outer, bool is_of_no_world)
      : observer(world.server().executor()), wrapped(*outer.server) {
    auto& other = is_of_no_world ? static_cast<net::Stream&>(wrapped) : *outer.server;
    inner.server->relay_both_ways(other, {sent, nullptr, &observer}, received,
                                  world.server().executor(), observer);
  }
  net::Task<net::Result<net::DuplexEnd>> end() {
    while (!observer.end) {
      if (const auto error = co_await observer.changed.wait()) co_return error;
    }
    co_return *observer.end;
  }

  Keeping observer;
  Wrapped wrapped;
  net::ByteCounter sent;
  net::ByteCounter received;
};

// The other target fails before it has said a byte, and a second one is told the same.
net::Task<void> relay_twice(World& world, bool is_of_no_world, bool is_told) {
  auto inner = co_await connect_pair(world, net::Family::v4);
  auto outer = co_await connect_pair(world, net::Family::v4);
  const auto message = is_told ? pattern(1000, 0) : std::vector<std::byte>();
  {
    KeepingRelay relay(world, inner, outer, is_of_no_world);
    Running<net::DuplexEnd> relaying(world.server(), relay.end());
    if (is_told) {
      BOOST_TEST(!co_await net::write_all(*inner.client, message));
      std::vector<std::byte> buffer(message.size());
      const auto got = co_await net::read_full(*outer.client, buffer);
      REQUIRE_SUCCESS(got);
    }
    outer.client->abort();
    const auto end = co_await relaying.result();
    REQUIRE_SUCCESS(end);
    BOOST_TEST((end->received.failed == net::RelayEnd::Side::source));
    CHECK_FAILURE(end->received.error, connection_reset);
    BOOST_TEST(relay.observer.asked == 1);
    BOOST_TEST((relay.observer.seen == message));
    BOOST_TEST(relay.sent.total() == message.size());
  }
  auto second = co_await connect_pair(world, net::Family::v4);
  BOOST_TEST(!co_await net::write_all(*inner.client, pattern(50, 1000)));
  net::ByteCounter sent;
  net::ByteCounter received;
  Running<net::DuplexEnd> relaying(world.server(),
                                   relay_both_ways(world, inner, second, sent, received));
  BOOST_TEST(!inner.client->shutdown_write());
  std::vector<std::byte> buffer(100);
  const auto got = co_await net::read_full(*second.client, buffer);
  REQUIRE_SUCCESS(got);
  buffer.resize(*got);
  BOOST_TEST((buffer == pattern(50, 1000)));
  BOOST_TEST(!co_await net::write_all(*second.client, pattern(70, 0)));
  BOOST_TEST(!second.client->shutdown_write());
  const auto answer = co_await receive_pattern(*inner.client);
  REQUIRE_SUCCESS(answer);
  BOOST_TEST(*answer == 70u);
  const auto end = co_await relaying.result();
  REQUIRE_SUCCESS(end);
}

CONFORMANCE_CASE(a_stream_that_is_kept_can_be_relayed_to_another_target) {
  for (const bool is_told : {false, true}) co_await relay_twice(world, false, is_told);
}

CONFORMANCE_CASE(the_same_where_the_other_stream_is_of_no_world) {
  for (const bool is_told : {false, true}) co_await relay_twice(world, true, is_told);
}

// Who gives the other stream up by himself aborts it.
CONFORMANCE_CASE(a_stream_is_kept_where_the_other_one_is_aborted_with_bytes_under_way) {
  for (const bool is_of_no_world : {false, true}) {
    auto inner = co_await connect_pair(world, net::Family::v4);
    auto outer = co_await connect_pair(world, net::Family::v4);
    KeepingRelay relay(world, inner, outer, is_of_no_world);
    relay.observer.enough = world.more_than_buffers_bytes() * 4;
    const auto much = world.more_than_buffers_bytes() * 2;
    Running<std::size_t> sending(world.client(), send_pattern(*inner.client, much));
    Running<net::DuplexEnd> relaying(world.server(), relay.end());
    std::uint64_t before = 0;
    do {
      before = relay.sent.total();
      co_await pause(world, 500ms);
    } while (relay.sent.total() != before);
    outer.server->abort();
    const auto end = co_await relaying.result();
    REQUIRE_SUCCESS(end);
    BOOST_TEST(relay.observer.asked == 1);
    // All that has been read is what the witness has seen: the rest is still there.
    auto offset = relay.observer.seen.size();
    BOOST_TEST(offset >= relay.sent.total());
    BOOST_TEST(matches_pattern(relay.observer.seen, 0));
    std::vector<std::byte> buffer(65536);
    while (offset < much) {
      const auto got = co_await inner.server->read_some(buffer);
      REQUIRE_SUCCESS(got);
      BOOST_TEST_REQUIRE(*got != 0u);
      BOOST_TEST_REQUIRE(matches_pattern(std::span(buffer).first(*got), offset));
      offset += *got;
    }
    const auto sent = co_await sending.result();
    REQUIRE_SUCCESS(sent);
  }
}

CONFORMANCE_CASE(who_does_not_want_the_stream_kept_or_has_failed_itself_is_reset) {
  for (const bool is_of_no_world : {false, true}) {
    for (const bool client_fails : {false, true}) {
      auto inner = co_await connect_pair(world, net::Family::v4);
      auto outer = co_await connect_pair(world, net::Family::v4);
      KeepingRelay relay(world, inner, outer, is_of_no_world);
      relay.observer.keeps = client_fails;
      Running<net::DuplexEnd> relaying(world.server(), relay.end());
      (client_fails ? inner : outer).client->abort();
      const auto end = co_await relaying.result();
      REQUIRE_SUCCESS(end);
      BOOST_TEST(relay.observer.asked == (client_fails ? 0 : 1));
      std::array<std::byte, 8> buffer;
      auto& other = client_fails ? *outer.client : *inner.client;
      const auto after = co_await other.read_some(buffer);
      CHECK_ERROR(after, connection_reset);
    }
  }
}

CONFORMANCE_CASE(a_witness_is_not_asked_again_once_it_has_seen_enough) {
  for (const bool is_of_no_world : {false, true}) {
    auto inner = co_await connect_pair(world, net::Family::v4);
    auto outer = co_await connect_pair(world, net::Family::v4);
    KeepingRelay relay(world, inner, outer, is_of_no_world);
    relay.observer.enough = 10;
    Running<net::DuplexEnd> relaying(world.server(), relay.end());
    std::vector<std::byte> buffer(20);
    for (std::size_t i = 0; i < 3; ++i) {
      BOOST_TEST(!co_await net::write_all(*inner.client, pattern(20, 20 * i)));
      const auto got = co_await net::read_full(*outer.client, buffer);
      REQUIRE_SUCCESS(got);
    }
    BOOST_TEST((relay.observer.seen == pattern(20, 0)));
    BOOST_TEST(!inner.client->shutdown_write());
    BOOST_TEST(!outer.client->shutdown_write());
    const auto end = co_await relaying.result();
    REQUIRE_SUCCESS(end);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
