// Unix-domain sockets.
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

#include <array>
#include <string>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(local)
namespace {

// That nothing else has.
std::string new_path(World& world) {
  std::array<std::byte, 8> random;
  world.server().entropy().fill(random);
  std::string path = "/tmp/dispatch-conformance";
  for (const auto each : random) path += "-" + std::to_string(std::to_integer<int>(each));
  return path;
}

net::Task<Pair> connect_local_pair(World& world) {
  auto& network = world.server().network();
  const auto path = new_path(world);
  const auto listener = network.listen_local(path, net::LocalListenOptions{});
  REQUIRE_SUCCESS(listener);
  auto client = network.connect_local(path);
  REQUIRE_SUCCESS(client);
  auto server = co_await (*listener)->accept();
  REQUIRE_SUCCESS(server);
  co_return Pair{std::move(*client), std::move(*server)};
}

CONFORMANCE_CASE(nobody_is_found_where_nobody_listens) {
  const auto stream = world.server().network().connect_local(new_path(world));
  CHECK_ERROR(stream, no_such_file_or_directory);
  co_return;
}

CONFORMANCE_CASE(two_listeners_at_one_path_are_one_too_many) {
  auto& network = world.server().network();
  const auto path = new_path(world);
  const auto first = network.listen_local(path, net::LocalListenOptions{});
  REQUIRE_SUCCESS(first);
  const auto second = network.listen_local(path, net::LocalListenOptions{});
  CHECK_ERROR(second, address_in_use);
  co_return;
}

CONFORMANCE_CASE(a_local_stream_waits_until_its_deadline) {
  const auto pair = co_await connect_local_pair(world);
  auto& clock = world.server().clock();
  std::array<std::byte, 10> buffer;
  const auto deadline = clock.now() + 50ms;
  const auto late = co_await pair.client->read_some(buffer, deadline);
  CHECK_ERROR(late, timed_out);
  BOOST_TEST((clock.now() >= deadline));
  const auto piece = pattern(1 << 20);
  net::Result<std::size_t> taken = std::size_t{0};
  while (taken) taken = co_await pair.client->write_some(piece, clock.now() + 50ms);
  CHECK_ERROR(taken, timed_out);
  std::vector<std::byte> room(1 << 20);
  const auto got = co_await pair.server->read_some(room, clock.now() + 5s);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(std::ranges::equal(std::span(room).first(*got), std::span(piece).first(*got)));
  const auto more = co_await pair.client->write_some(piece, clock.now() + 5s);
  REQUIRE_SUCCESS(more);
}

CONFORMANCE_CASE(the_path_is_free_again_after_close) {
  auto& network = world.server().network();
  const auto path = new_path(world);
  const auto first = network.listen_local(path, net::LocalListenOptions{});
  REQUIRE_SUCCESS(first);
  (*first)->close();
  const auto nobody = network.connect_local(path);
  CHECK_ERROR(nobody, no_such_file_or_directory);
  const auto second = network.listen_local(path, net::LocalListenOptions{});
  REQUIRE_SUCCESS(second);
  co_return;
}

CONFORMANCE_CASE(listeners_that_share_a_path_keep_it_until_the_last_is_closed) {
  auto& network = world.server().network();
  const auto path = new_path(world);
  const auto first = network.listen_local(path, net::LocalListenOptions{});
  REQUIRE_SUCCESS(first);
  const auto second = (*first)->share(network);
  REQUIRE_SUCCESS(second);
  (*first)->close();
  const auto client = network.connect_local(path);
  REQUIRE_SUCCESS(client);
  const auto accepted = co_await (*second)->accept();
  REQUIRE_SUCCESS(accepted);
  (*second)->close();
  const auto nobody = network.connect_local(path);
  CHECK_ERROR(nobody, no_such_file_or_directory);
}

CONFORMANCE_CASE(its_connections_have_no_addresses) {
  const auto pair = co_await connect_local_pair(world);
  for (auto* const stream : {pair.client.get(), pair.server.get()}) {
    BOOST_TEST((stream->local_endpoint() == net::Endpoint{}));
    BOOST_TEST((stream->remote_endpoint() == net::Endpoint{}));
  }
}

CONFORMANCE_CASE(bytes_go_both_ways_and_half_close_is_kept) {
  constexpr std::size_t kBytes = 3'000'000;
  const auto pair = co_await connect_local_pair(world);
  Running<std::size_t> sent(world.server(), send_pattern(*pair.client, kBytes));
  Running<std::size_t> sent_back(world.server(), send_pattern(*pair.server, kBytes));
  Running<std::size_t> received(world.server(), receive_pattern(*pair.server));
  Running<std::size_t> received_back(world.server(), receive_pattern(*pair.client));
  const auto all_sent = co_await sent.result();
  REQUIRE_SUCCESS(all_sent);
  BOOST_TEST(!pair.client->shutdown_write());
  const auto there = co_await received.result();
  REQUIRE_SUCCESS(there);
  BOOST_TEST(*there == kBytes);
  const auto all_sent_back = co_await sent_back.result();
  REQUIRE_SUCCESS(all_sent_back);
  BOOST_TEST(!pair.server->shutdown_write());
  const auto back = co_await received_back.result();
  REQUIRE_SUCCESS(back);
  BOOST_TEST(*back == kBytes);
}

CONFORMANCE_CASE(a_peer_that_reads_nothing_is_waited_for) {
  const auto pair = co_await connect_local_pair(world);
  Running<std::size_t> sending(world.server(), send_pattern(*pair.client, 10'000'000));
  co_await pause(world, 100ms);
  BOOST_TEST(!sending.done());
  co_await sending.stop();
}

CONFORMANCE_CASE(abort_ends_what_waits_here_and_the_peers_writing) {
  const auto pair = co_await connect_local_pair(world);
  Running<std::size_t> waiting(world.server(), receive_pattern(*pair.client));
  co_await pause(world, 50ms);
  pair.client->abort();
  const auto ended = co_await waiting.result();
  CHECK_ERROR(ended, operation_canceled);
  const auto bytes = bytes_of("more");
  const auto written = co_await pair.server->write_some(bytes);
  CHECK_ERROR(written, broken_pipe);
}

CONFORMANCE_CASE(what_was_not_read_before_an_abort_resets_the_peer) {
  const auto pair = co_await connect_local_pair(world);
  const auto bytes = bytes_of("unread");
  const auto written = co_await pair.server->write_some(bytes);
  REQUIRE_SUCCESS(written);
  pair.client->abort();
  std::array<std::byte, 8> buffer;
  const auto got = co_await pair.server->read_some(buffer);
  CHECK_ERROR(got, connection_reset);
}

CONFORMANCE_CASE(it_is_relayed_to_a_tcp_connection_and_back) {
  constexpr std::size_t kBytes = 5'000'000;
  const auto local = co_await connect_local_pair(world);
  const auto tcp = co_await connect_pair(world, net::Family::v4);
  Running<std::size_t> sent(world.server(), send_pattern(*local.client, kBytes));
  Running<std::size_t> relaying(world.server(), relayed(*local.server, *tcp.server));
  Running<std::size_t> received(world.client(), receive_pattern(*tcp.client));
  const auto all_sent = co_await sent.result();
  REQUIRE_SUCCESS(all_sent);
  BOOST_TEST(!local.client->shutdown_write());
  const auto moved = co_await relaying.result();
  REQUIRE_SUCCESS(moved);
  BOOST_TEST(*moved == kBytes);
  BOOST_TEST(!tcp.server->shutdown_write());
  const auto there = co_await received.result();
  REQUIRE_SUCCESS(there);
  BOOST_TEST(*there == kBytes);

  Running<std::size_t> sent_back(world.client(), send_pattern(*tcp.client, kBytes));
  Running<std::size_t> relaying_back(world.server(), relayed(*tcp.server, *local.server));
  Running<std::size_t> received_back(world.server(), receive_pattern(*local.client));
  const auto all_sent_back = co_await sent_back.result();
  REQUIRE_SUCCESS(all_sent_back);
  BOOST_TEST(!tcp.client->shutdown_write());
  const auto moved_back = co_await relaying_back.result();
  REQUIRE_SUCCESS(moved_back);
  BOOST_TEST(!local.server->shutdown_write());
  const auto back = co_await received_back.result();
  REQUIRE_SUCCESS(back);
  BOOST_TEST(*back == kBytes);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
