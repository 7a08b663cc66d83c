// Bytes over a connection, and its end.
#include "engine/net/deadline.hpp"
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

#include <array>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(streams)
namespace {

CONFORMANCE_CASE_PER_FAMILY(bytes_arrive_as_they_were_sent) {
  const auto pair = co_await connect_pair(world, family);
  const auto error = co_await net::write_all(*pair.client, bytes_of("question"));
  BOOST_TEST(!error);
  std::array<std::byte, 100> buffer;
  const auto got = co_await pair.server->read_some(buffer);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(std::ranges::equal(std::span(buffer).first(*got), bytes_of("question")));
}

CONFORMANCE_CASE_PER_FAMILY(the_clients_half_close_leaves_the_answer_open) {
  const auto pair = co_await connect_pair(world, family);
  Running<std::size_t> question(world.server(), receive_pattern(*pair.server));
  const auto asked = co_await send_pattern(*pair.client, 1000);
  REQUIRE_SUCCESS(asked);
  BOOST_TEST(!pair.client->shutdown_write());
  const auto received = co_await question.result();
  REQUIRE_SUCCESS(received);
  BOOST_TEST(*received == 1000u);

  Running<std::size_t> answer(world.client(), receive_pattern(*pair.client));
  const auto answered = co_await send_pattern(*pair.server, 200'000);
  REQUIRE_SUCCESS(answered);
  BOOST_TEST(!pair.server->shutdown_write());
  const auto heard = co_await answer.result();
  REQUIRE_SUCCESS(heard);
  BOOST_TEST(*heard == 200'000u);
}

CONFORMANCE_CASE_PER_FAMILY(the_servers_half_close_leaves_the_question_open) {
  const auto pair = co_await connect_pair(world, family);
  BOOST_TEST(!pair.server->shutdown_write());
  const auto end = co_await receive_pattern(*pair.client);
  REQUIRE_SUCCESS(end);
  BOOST_TEST(*end == 0u);
  Running<std::size_t> received(world.server(), receive_pattern(*pair.server));
  const auto sent = co_await send_pattern(*pair.client, 200'000);
  REQUIRE_SUCCESS(sent);
  BOOST_TEST(!pair.client->shutdown_write());
  const auto all = co_await received.result();
  REQUIRE_SUCCESS(all);
  BOOST_TEST(*all == 200'000u);
}

CONFORMANCE_CASE(the_end_of_stream_stays) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  BOOST_TEST(!pair.server->shutdown_write());
  std::array<std::byte, 10> buffer;
  for (int i = 0; i < 3; ++i) {
    const auto got = co_await pair.client->read_some(buffer);
    REQUIRE_SUCCESS(got);
    BOOST_TEST(*got == 0u);
  }
}

CONFORMANCE_CASE(writing_after_shutdown_is_a_broken_pipe) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  BOOST_TEST(!pair.client->shutdown_write());
  BOOST_TEST(!pair.client->shutdown_write());
  const auto written = co_await pair.client->write_some(bytes_of("late"));
  CHECK_ERROR(written, broken_pipe);
}

CONFORMANCE_CASE(destroying_a_stream_delivers_what_was_written) {
  auto pair = co_await connect_pair(world, net::Family::v4);
  const auto sent = co_await send_pattern(*pair.client, 100'000);
  REQUIRE_SUCCESS(sent);
  pair.client.reset();
  const auto received = co_await receive_pattern(*pair.server);
  REQUIRE_SUCCESS(received);
  BOOST_TEST(*received == 100'000u);
}

// Measured: "server process killed: EOF, EPIPE on the second send".
CONFORMANCE_CASE_PER_FAMILY(the_second_write_after_the_peer_closed_is_a_broken_pipe) {
  auto pair = co_await connect_pair(world, family);
  pair.server.reset();
  std::array<std::byte, 10> buffer;
  const auto end = co_await pair.client->read_some(buffer);
  REQUIRE_SUCCESS(end);
  BOOST_TEST(*end == 0u);
  const auto first = co_await pair.client->write_some(bytes_of("first"));
  REQUIRE_SUCCESS(first);
  co_await pause(world, 200ms);  // the reset comes back
  const auto second = co_await pair.client->write_some(bytes_of("second"));
  CHECK_ERROR(second, broken_pipe);
}

CONFORMANCE_CASE_PER_FAMILY(an_abort_resets_the_reader) {
  const auto pair = co_await connect_pair(world, family);
  std::array<std::byte, 10> buffer;
  Running<std::size_t> reading(world.client(), pair.client->read_some(buffer));
  co_await pause(world, 10ms);
  pair.server->abort();
  const auto got = co_await reading.result();
  CHECK_ERROR(got, connection_reset);
}

CONFORMANCE_CASE_PER_FAMILY(an_abort_resets_the_writer) {
  const auto pair = co_await connect_pair(world, family);
  pair.server->abort();
  co_await pause(world, 200ms);
  const auto written = co_await pair.client->write_some(bytes_of("anyone?"));
  CHECK_ERROR(written, connection_reset);
}

// The kernel tells of the reset once; the one who was not told must not see an ordinary end.
CONFORMANCE_CASE(a_reset_that_the_writer_saw_is_not_the_end_for_the_reader) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  pair.server->abort();
  co_await pause(world, 200ms);
  const auto written = co_await pair.client->write_some(bytes_of("anyone?"));
  CHECK_ERROR(written, connection_reset);
  std::array<std::byte, 10> buffer;
  for (int i = 0; i < 2; ++i) {
    const auto got = co_await pair.client->read_some(buffer);
    CHECK_ERROR(got, connection_reset);
  }
}

// RFC 1122 4.2.2.13, RFC 2525 2.17.
CONFORMANCE_CASE(closing_with_unread_data_resets_the_peer) {
  auto pair = co_await connect_pair(world, net::Family::v4);
  const auto sent = co_await send_pattern(*pair.client, 1000);
  REQUIRE_SUCCESS(sent);
  co_await pause(world, 100ms);
  pair.server.reset();
  std::array<std::byte, 10> buffer;
  const auto got = co_await pair.client->read_some(buffer);
  CHECK_ERROR(got, connection_reset);
}

CONFORMANCE_CASE(abort_ends_what_is_outstanding) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  std::array<std::byte, 10> buffer;
  Running<std::size_t> reading(world.client(), pair.client->read_some(buffer));
  const auto much = world.more_than_buffers_bytes();
  Running<std::size_t> writing(world.client(), send_pattern(*pair.client, much));
  co_await pause(world, 300ms);
  BOOST_TEST(!reading.done());
  pair.client->abort();
  const auto got = co_await reading.result();
  CHECK_ERROR(got, operation_canceled);
  const auto sent = co_await writing.result();
  BOOST_TEST(!sent.has_value());
  const auto later = co_await pair.client->write_some(bytes_of("late"));
  CHECK_ERROR(later, broken_pipe);
  pair.client->abort();  // again: nothing
}

CONFORMANCE_CASE_PER_FAMILY(large_transfers_both_ways_at_once_are_exact) {
  const auto pair = co_await connect_pair(world, family);
  const auto bytes = world.large_transfer_bytes();
  Running<std::size_t> up(world.client(), send_pattern(*pair.client, bytes));
  Running<std::size_t> down(world.server(), send_pattern(*pair.server, bytes));
  Running<std::size_t> at_server(world.server(), receive_pattern(*pair.server));
  Running<std::size_t> at_client(world.client(), receive_pattern(*pair.client));
  const auto sent_up = co_await up.result();
  REQUIRE_SUCCESS(sent_up);
  BOOST_TEST(!pair.client->shutdown_write());
  const auto sent_down = co_await down.result();
  REQUIRE_SUCCESS(sent_down);
  BOOST_TEST(!pair.server->shutdown_write());
  const auto got_up = co_await at_server.result();
  REQUIRE_SUCCESS(got_up);
  BOOST_TEST(*got_up == bytes);
  const auto got_down = co_await at_client.result();
  REQUIRE_SUCCESS(got_down);
  BOOST_TEST(*got_down == bytes);
}

net::Task<net::Result<std::size_t>> write_until_blocked(net::Runtime& runtime, net::Stream& stream,
                                                        std::size_t most) {
  std::size_t sent = 0;
  while (sent < most) {
    const auto data = pattern(65536, sent);
    const auto taken = co_await net::with_deadline(runtime.clock(), runtime.clock().now() + 1s,
                                                   stream.write_some(data));
    if (!taken && taken.error() == net::asio::error::timed_out) break;
    if (!taken) co_return taken.error();
    sent += *taken;
  }
  co_return sent;
}

CONFORMANCE_CASE_PER_FAMILY(a_reader_that_does_not_read_blocks_the_writer) {
  const auto pair = co_await connect_pair(world, family);
  const auto most = world.more_than_buffers_bytes();
  const auto sent = co_await write_until_blocked(world.client(), *pair.client, most);
  REQUIRE_SUCCESS(sent);
  BOOST_TEST(*sent < most);
  BOOST_TEST(*sent > 10'000u);
  // Reading lets the writer go on, with nothing lost.
  Running<std::size_t> receiving(world.server(), receive_pattern(*pair.server));
  const auto rest = pattern(100'000, *sent);
  const auto error = co_await net::write_all(*pair.client, rest);
  BOOST_TEST_REQUIRE(!error);
  BOOST_TEST(!pair.client->shutdown_write());
  const auto received = co_await receiving.result();
  REQUIRE_SUCCESS(received);
  BOOST_TEST(*received == *sent + rest.size());
}

CONFORMANCE_CASE(the_transport_knows_its_bytes_and_its_round_trip) {
  const auto pair = co_await connect_pair(world, net::Family::v4);
  const auto sent = co_await send_pattern(*pair.client, 50'000);
  REQUIRE_SUCCESS(sent);
  BOOST_TEST(!pair.client->shutdown_write());
  const auto received = co_await receive_pattern(*pair.server);
  REQUIRE_SUCCESS(received);
  co_await pause(world, 200ms);
  const auto client = pair.client->transport_info();
  const auto server = pair.server->transport_info();
  BOOST_TEST_REQUIRE(client.has_value());
  BOOST_TEST_REQUIRE(server.has_value());
  // Linux counts the SYN and the FIN among the bytes that were acknowledged or received.
  BOOST_TEST(client->bytes_acked >= 50'000u);
  BOOST_TEST(client->bytes_acked <= 50'002u);
  BOOST_TEST(server->bytes_received >= 50'000u);
  BOOST_TEST(server->bytes_received <= 50'002u);
  BOOST_TEST(client->bytes_unacked == 0u);
  BOOST_TEST(client->congestion_window >= 1u);
  BOOST_TEST((client->smoothed_rtt > 0ns));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
