// Datagrams.
#include "engine/net/deadline.hpp"
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

#include <array>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(datagrams)
namespace {

net::DatagramPtr open(net::Runtime& runtime, net::DatagramOptions options) {
  auto socket = runtime.network().open_datagram(options);
  REQUIRE_SUCCESS(socket);
  return std::move(*socket);
}

net::DatagramPtr open_at(net::Runtime& runtime, const net::Address& address) {
  net::DatagramOptions options;
  options.local = {address, 0};
  return open(runtime, options);
}

// Slots with buffers of their own.
struct Batch {
  Batch(std::size_t count, std::size_t bytes) : storage(count * bytes), slots(count) {
    for (std::size_t i = 0; i < count; ++i) {
      slots[i].buffer = std::span(storage).subspan(i * bytes, bytes);
    }
  }
  std::span<const std::byte> data(std::size_t slot) const {
    return slots[slot].buffer.first(slots[slot].size);
  }

  std::vector<std::byte> storage;
  std::vector<net::DatagramIn> slots;
};

net::Task<net::Result<std::size_t>> send_one(net::Datagram& socket, std::span<const std::byte> data,
                                             net::Endpoint to) {
  std::array<net::DatagramOut, 1> out{};
  out[0].data = data;
  out[0].to = to;
  co_return co_await socket.send(out);
}

CONFORMANCE_CASE_PER_FAMILY(a_datagram_says_where_it_came_from) {
  const auto server = open_at(world.server(), world.server_address(family));
  const auto client = open_at(world.client(), world.links()[1].address(family));
  const auto sent = co_await send_one(*client, bytes_of("hello"), server->local_endpoint());
  REQUIRE_SUCCESS(sent);
  Batch in(1, 100);
  const auto got = co_await server->receive(in.slots);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(*got == 1u);
  BOOST_TEST(std::ranges::equal(in.data(0), bytes_of("hello")));
  BOOST_TEST(!in.slots[0].truncated);
  BOOST_TEST(to_string(in.slots[0].from) == to_string(client->local_endpoint()));

  const auto answered = co_await send_one(*server, bytes_of("hi"), in.slots[0].from);
  REQUIRE_SUCCESS(answered);
  const auto heard = co_await client->receive(in.slots);
  REQUIRE_SUCCESS(heard);
  BOOST_TEST(to_string(in.slots[0].from) == to_string(server->local_endpoint()));
}

CONFORMANCE_CASE_PER_FAMILY(a_batch_keeps_its_boundaries_and_its_order) {
  constexpr std::size_t kDatagrams = 100;
  const auto server = open_at(world.server(), world.server_address(family));
  const auto client = open_at(world.client(), net::any_address(family));
  std::vector<std::vector<std::byte>> payloads;
  std::vector<net::DatagramOut> out(kDatagrams);
  for (std::size_t i = 0; i < kDatagrams; ++i) {
    payloads.push_back(pattern(i, i));  // the first is empty
    out[i].data = payloads[i];
    out[i].to = server->local_endpoint();
  }
  for (std::size_t sent = 0; sent < kDatagrams;) {
    const auto taken = co_await client->send(std::span(out).subspan(sent));
    REQUIRE_SUCCESS(taken);
    BOOST_TEST_REQUIRE(*taken > 0u);
    sent += *taken;
  }
  Batch in(7, 200);
  for (std::size_t received = 0; received < kDatagrams;) {
    const auto got = co_await server->receive(in.slots);
    REQUIRE_SUCCESS(got);
    BOOST_TEST_REQUIRE(*got > 0u);
    BOOST_TEST_REQUIRE(*got <= 7u);
    for (std::size_t slot = 0; slot < *got; ++slot, ++received) {
      BOOST_TEST_REQUIRE(std::ranges::equal(in.data(slot), payloads[received]));
    }
  }
}

// Equal ones may leave in one piece and arrive in one buffer: nobody can tell.
CONFORMANCE_CASE_PER_FAMILY(datagrams_of_equal_size_keep_their_boundaries_and_their_order) {
  constexpr std::size_t kSizes[] = {1200, 1200, 1200, 700, 1200, 0, 1, 1, 1200, 1200, 1300, 1300};
  constexpr std::size_t kRounds = 20;
  for (const bool coalesced : {false, true}) {
    net::DatagramOptions options;
    options.local = {world.server_address(family), 0};
    options.coalesced = coalesced;
    options.kernel_buffer = 1 << 20;
    const auto server = open(world.server(), options);
    const auto client = open_at(world.client(), net::any_address(family));
    std::vector<std::vector<std::byte>> payloads;
    for (std::size_t i = 0; i < kRounds * std::size(kSizes); ++i) {
      payloads.push_back(pattern(kSizes[i % std::size(kSizes)], i));
    }
    std::vector<net::DatagramOut> out;
    for (const auto& payload : payloads) {
      const auto cut = std::min<std::size_t>(payload.size(), 10);
      net::DatagramOut datagram;
      datagram.head = std::span(payload).first(cut);
      datagram.data = std::span(payload).subspan(cut);
      datagram.to = server->local_endpoint();
      out.push_back(datagram);
    }
    for (std::size_t sent = 0; sent < out.size();) {
      const auto taken = co_await client->send(std::span(out).subspan(sent));
      REQUIRE_SUCCESS(taken);
      sent += *taken;
    }
    Batch in(8, 65536);
    for (std::size_t received = 0; received < out.size();) {
      const auto got = co_await server->receive(in.slots);
      REQUIRE_SUCCESS(got);
      for (std::size_t slot = 0; slot < *got; ++slot) {
        BOOST_TEST_REQUIRE((coalesced || in.slots[slot].segment == 0));
        BOOST_TEST((in.slots[slot].from == in.slots[0].from));
        in.slots[slot].for_each([&](std::span<const std::byte> datagram) {
          BOOST_TEST_REQUIRE(received < out.size());
          BOOST_TEST_REQUIRE(std::ranges::equal(datagram, payloads[received]));
          ++received;
        });
      }
    }
  }
}

CONFORMANCE_CASE(many_equal_datagrams_come_in_one_buffer_where_that_is_asked_for) {
  constexpr std::size_t kDatagrams = 40;
  net::DatagramOptions options;
  options.local = {world.server_address(net::Family::v4), 0};
  options.coalesced = true;
  const auto server = open(world.server(), options);
  const auto client = open_at(world.client(), net::any_address(net::Family::v4));
  const auto payload = pattern(500);
  std::vector<net::DatagramOut> out(kDatagrams);
  for (auto& datagram : out) {
    datagram.data = payload;
    datagram.to = server->local_endpoint();
  }
  const auto sent = co_await client->send(out);
  REQUIRE_SUCCESS(sent);
  BOOST_TEST(*sent == kDatagrams);
  co_await pause(world, 100ms);
  Batch in(1, 65536);
  const auto got = co_await server->receive(in.slots);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(in.slots[0].segment == 500u);
  BOOST_TEST(in.slots[0].size == 500u * kDatagrams);
}

CONFORMANCE_CASE_PER_FAMILY(datagrams_longer_than_the_way_allows_in_one_piece_leave_apart) {
  // Longer than the MTU of the links (1500): each is fragmented by itself.
  const auto server = open_at(world.server(), world.server_address(family));
  const auto client = open_at(world.client(), net::any_address(family));
  const auto payload = pattern(3000);
  std::vector<net::DatagramOut> out(4);
  for (auto& datagram : out) {
    datagram.data = payload;
    datagram.to = server->local_endpoint();
  }
  for (std::size_t taken = 0; taken < out.size();) {
    const auto sent = co_await client->send(std::span(out).subspan(taken));
    REQUIRE_SUCCESS(sent);
    taken += *sent;
  }
  for (std::size_t received = 0; received < out.size(); ++received) {
    Batch in(1, 4000);
    const auto got = co_await server->receive(in.slots);
    REQUIRE_SUCCESS(got);
    BOOST_TEST(in.slots[0].size == 3000u);
    BOOST_TEST(matches_pattern(in.data(0), 0));
  }
}

CONFORMANCE_CASE(who_does_not_wait_is_called_when_there_is_something_to_receive) {
  const auto server = open_at(world.server(), world.server_address(net::Family::v4));
  const auto client = open_at(world.client(), net::any_address(net::Family::v4));
  Batch in(4, 100);
  CHECK_ERROR(server->try_receive(in.slots), operation_would_block);
  int calls = 0;
  server->when_readable([&] { ++calls; });
  co_await pause(world, 20ms);
  BOOST_TEST(calls == 0);
  for (int round = 1; round <= 2; ++round) {
    std::array<net::DatagramOut, 1> out{};
    out[0].data = bytes_of("hello");
    out[0].to = server->local_endpoint();
    const auto sent = client->try_send(out);
    REQUIRE_SUCCESS(sent);
    co_await pause(world, 100ms);
    BOOST_TEST(calls == round);
    const auto got = server->try_receive(in.slots);
    REQUIRE_SUCCESS(got);
    BOOST_TEST(*got == 1u);
    server->when_readable([&] { ++calls; });
  }
}

CONFORMANCE_CASE(who_waits_is_called_for_what_is_there_already_and_never_after_close) {
  auto server = open_at(world.server(), world.server_address(net::Family::v4));
  const auto client = open_at(world.client(), net::any_address(net::Family::v4));
  const auto sent = co_await send_one(*client, bytes_of("hello"), server->local_endpoint());
  REQUIRE_SUCCESS(sent);
  co_await pause(world, 100ms);
  int calls = 0;
  server->when_readable([&] { ++calls; });
  BOOST_TEST(calls == 0);  // never from within
  co_await pause(world, 20ms);
  BOOST_TEST(calls == 1);
  server->when_readable([&] { ++calls; });
  server->close();
  std::array<net::DatagramIn, 1> in{};
  CHECK_ERROR(server->try_receive(in), operation_canceled);
  server.reset();
  co_await pause(world, 20ms);
  BOOST_TEST(calls == 1);
}

CONFORMANCE_CASE(an_empty_datagram_is_a_datagram) {
  const auto server = open_at(world.server(), world.server_address(net::Family::v4));
  const auto client = open_at(world.client(), net::any_address(net::Family::v4));
  const auto sent = co_await send_one(*client, {}, server->local_endpoint());
  REQUIRE_SUCCESS(sent);
  BOOST_TEST(*sent == 1u);
  Batch in(2, 100);
  in.slots[0].size = 77;
  const auto got = co_await server->receive(in.slots);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(*got == 1u);
  BOOST_TEST(in.slots[0].size == 0u);
  BOOST_TEST(!in.slots[0].truncated);
}

CONFORMANCE_CASE(what_does_not_fit_is_cut_and_marked) {
  const auto server = open_at(world.server(), world.server_address(net::Family::v4));
  const auto client = open_at(world.client(), net::any_address(net::Family::v4));
  const auto payload = pattern(100);
  for (int i = 0; i < 2; ++i) {
    const auto sent = co_await send_one(*client, payload, server->local_endpoint());
    REQUIRE_SUCCESS(sent);
  }
  Batch small(1, 60);
  const auto cut = co_await server->receive(small.slots);
  REQUIRE_SUCCESS(cut);
  BOOST_TEST(small.slots[0].size == 60u);
  BOOST_TEST(small.slots[0].truncated);
  BOOST_TEST(matches_pattern(small.data(0), 0));
  Batch exact(1, 100);
  const auto whole = co_await server->receive(exact.slots);
  REQUIRE_SUCCESS(whole);
  BOOST_TEST(exact.slots[0].size == 100u);
  BOOST_TEST(!exact.slots[0].truncated);
}

CONFORMANCE_CASE_PER_FAMILY(the_largest_datagram_passes_and_a_larger_one_is_refused) {
  // RFC 768: 65535 bytes with the header of 8, and with IPv4's of 20.
  const std::size_t most = family == net::Family::v6 ? 65527 : 65507;
  const auto server = open_at(world.server(), world.server_address(family));
  const auto client = open_at(world.client(), net::any_address(family));
  const auto sent = co_await send_one(*client, pattern(most), server->local_endpoint());
  REQUIRE_SUCCESS(sent);
  Batch in(1, 70'000);
  const auto got = co_await server->receive(in.slots);
  REQUIRE_SUCCESS(got);
  BOOST_TEST(in.slots[0].size == most);
  BOOST_TEST(matches_pattern(in.data(0), 0));
  const auto refused = co_await send_one(*client, pattern(most + 1), server->local_endpoint());
  CHECK_ERROR(refused, message_size);
}

CONFORMANCE_CASE_PER_FAMILY(segments_arrive_as_the_datagrams_that_they_are) {
  const auto server = open_at(world.server(), world.server_address(family));
  const auto client = open_at(world.client(), net::any_address(family));
  const auto payload = pattern(10 * 1000 + 1);
  std::array<net::DatagramOut, 2> out{};
  out[0] = {payload, server->local_endpoint(), {}, 1000};
  out[1] = {bytes_of("behind them"), server->local_endpoint()};
  const auto sent = co_await client->send(out);
  REQUIRE_SUCCESS(sent);
  BOOST_TEST(*sent == 2u);
  Batch in(12, 2000);
  for (std::size_t received = 0; received < 12;) {
    const auto got = co_await server->receive(std::span(in.slots).subspan(received));
    REQUIRE_SUCCESS(got);
    received += *got;
  }
  for (std::size_t i = 0; i < 10; ++i) {
    BOOST_TEST(in.slots[i].size == 1000u);
    BOOST_TEST(matches_pattern(in.data(i), i * 1000));
  }
  BOOST_TEST(in.slots[10].size == 1u);
  BOOST_TEST(matches_pattern(in.data(10), 10'000));
  BOOST_TEST(std::ranges::equal(in.data(11), bytes_of("behind them")));
}

CONFORMANCE_CASE_PER_FAMILY(segments_longer_than_the_mtu_do_not_leave_in_one_piece) {
  NEEDS_LINKS();
  const auto server = open_at(world.server(), world.server_address(family));
  const auto client = open_at(world.client(), net::any_address(family));
  const auto payload = pattern(4000);
  std::array<net::DatagramOut, 1> out{{{payload, server->local_endpoint(), {}, 2000}}};
  const auto refused = co_await client->send(out);
  CHECK_ERROR(refused, message_size);
  // One by one they pass, as fragments.
  const auto sent =
      co_await send_one(*client, std::span(payload).first(2000), server->local_endpoint());
  REQUIRE_SUCCESS(sent);
}

CONFORMANCE_CASE(datagrams_that_find_no_room_are_counted) {
  constexpr std::size_t kSent = 2000;
  const auto server = open_at(world.server(), world.server_address(net::Family::v4));
  const auto client = open_at(world.client(), net::any_address(net::Family::v4));
  BOOST_TEST(server->dropped() == 0u);
  const auto payload = pattern(1000);
  for (std::size_t i = 0; i < kSent; ++i) {
    const auto sent = co_await send_one(*client, payload, server->local_endpoint());
    REQUIRE_SUCCESS(sent);
  }
  co_await pause(world, 100ms);
  std::size_t received = 0;
  Batch in(64, 1000);
  for (;;) {
    const auto got = server->try_receive(in.slots);
    if (!got) break;
    received += *got;
  }
  BOOST_TEST(server->dropped() > 0u);
  // On the way, too, some may have been lost.
  BOOST_TEST(received + server->dropped() <= kSent);
}

CONFORMANCE_CASE_PER_FAMILY(a_connected_socket_hears_its_peer_only) {
  const auto server = open_at(world.server(), world.server_address(family));
  const auto stranger = open_at(world.server(), world.server_address(family));
  net::DatagramOptions options;
  options.connect = server->local_endpoint();
  const auto client = open(world.client(), options);
  BOOST_TEST(!client->local_endpoint().address.is_unspecified());
  const auto asked = co_await send_one(*client, bytes_of("question"), {});
  REQUIRE_SUCCESS(asked);
  Batch in(4, 100);
  const auto question = co_await server->receive(in.slots);
  REQUIRE_SUCCESS(question);
  BOOST_TEST(to_string(in.slots[0].from) == to_string(client->local_endpoint()));
  const auto whispered = co_await send_one(*stranger, bytes_of("psst"), client->local_endpoint());
  REQUIRE_SUCCESS(whispered);
  const auto answered = co_await send_one(*server, bytes_of("answer"), client->local_endpoint());
  REQUIRE_SUCCESS(answered);
  const auto heard = co_await client->receive(in.slots);
  REQUIRE_SUCCESS(heard);
  BOOST_TEST(*heard == 1u);
  BOOST_TEST(std::ranges::equal(in.data(0), bytes_of("answer")));
}

CONFORMANCE_CASE_PER_FAMILY(a_connected_socket_is_told_that_nobody_listens) {
  const auto gone = open_at(world.server(), world.server_address(family));
  net::DatagramOptions options;
  options.connect = gone->local_endpoint();
  gone->close();
  const auto client = open(world.client(), options);
  const auto sent = co_await send_one(*client, bytes_of("anyone?"), {});
  REQUIRE_SUCCESS(sent);
  Batch in(1, 100);
  const auto heard = co_await client->receive(in.slots);
  CHECK_ERROR(heard, connection_refused);
  // Told once: then it is as before.
  auto& clock = world.client().clock();
  const auto silence =
      co_await net::with_deadline(clock, clock.now() + 50ms, client->receive(in.slots));
  CHECK_ERROR(silence, timed_out);
}

CONFORMANCE_CASE(a_socket_that_is_not_connected_is_not_told) {
  const auto gone = open_at(world.server(), world.server_address(net::Family::v4));
  const auto to = gone->local_endpoint();
  gone->close();
  const auto client = open_at(world.client(), net::any_address(net::Family::v4));
  for (int i = 0; i < 2; ++i) {
    const auto sent = co_await send_one(*client, bytes_of("anyone?"), to);
    REQUIRE_SUCCESS(sent);
    co_await pause(world, 50ms);
  }
}

CONFORMANCE_CASE_PER_FAMILY(a_datagram_without_a_route_is_unreachable) {
  NEEDS_LINKS();
  const auto client = open_at(world.client(), net::any_address(family));
  const auto sent =
      co_await send_one(*client, bytes_of("lost"), {world.unrouted_address(family), 9});
  CHECK_ERROR(sent, network_unreachable);
}

CONFORMANCE_CASE_PER_FAMILY(datagrams_leave_by_the_egress) {
  NEEDS_LINKS();
  const auto server = open_at(world.server(), world.server_address(family));
  for (const auto& link : world.links()) {
    for (const bool by_device : {false, true}) {
      net::DatagramOptions options;
      options.local.address = net::any_address(family);
      if (by_device) {
        options.egress.device = link.device;
      } else {
        options.egress.source = link.address(family);
      }
      const auto client = open(world.client(), options);
      const auto sent = co_await send_one(*client, bytes_of("hello"), server->local_endpoint());
      REQUIRE_SUCCESS(sent);
      Batch in(1, 100);
      const auto got = co_await server->receive(in.slots);
      REQUIRE_SUCCESS(got);
      BOOST_TEST(in.slots[0].from.address == link.address(family));
    }
  }
}

CONFORMANCE_CASE(datagram_sockets_fail_as_others_do) {
  net::DatagramOptions options;
  options.egress.source = *net::parse_address("192.0.2.99");
  CHECK_ERROR(world.client().network().open_datagram(options), address_not_available);
  const auto first = open_at(world.server(), world.server_address(net::Family::v4));
  net::DatagramOptions same;
  same.local = first->local_endpoint();
  CHECK_ERROR(world.server().network().open_datagram(same), address_in_use);
  co_return;
}

CONFORMANCE_CASE(close_ends_a_waiting_receive) {
  const auto socket = open_at(world.server(), world.server_address(net::Family::v4));
  Batch in(1, 100);
  Running<std::size_t> receiving(world.server(), socket->receive(in.slots));
  co_await pause(world, 10ms);
  BOOST_TEST(!receiving.done());
  socket->close();
  const auto got = co_await receiving.result();
  CHECK_ERROR(got, operation_canceled);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
