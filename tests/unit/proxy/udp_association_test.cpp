// UDP ASSOCIATE: whose datagrams are taken, where they go, and when it ends.

#include "engine/net/task_group.hpp"
#include "tests/unit/proxy/udp_world.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(udp_association)
namespace {

const net::Endpoint kProxy = endpoint("10.0.0.1:1080");
const net::Endpoint kProxy6 = endpoint("[2001:db8:aa::1]:1080");
constexpr auto* kEcho = "203.0.113.10:7";
constexpr auto* kEcho6 = "[2001:db8:80::10]:7";
const auto kEchoTarget = target_at(kEcho);

// One datagram there and back: what came, "nothing" or "SOURCE TEXT".
net::Task<std::string> ask(UdpWorld& world, UdpClient& client, std::string_view target,
                           std::string_view text) {
  send_to(client, target, text);
  const auto got = co_await receive_from(world.phone, *client.socket);
  co_return got.source == "nothing" ? "nothing" : got.source + " " + got.text;
}

BOOST_AUTO_TEST_CASE(datagrams_pass_both_ways_and_say_who_answers) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST((client.reply == socks5::Reply::succeeded));
    BOOST_TEST(co_await ask(world, client, kEcho, "hello") == "203.0.113.10:7 hello");
    BOOST_TEST(co_await ask(world, client, kEcho6, "hello") == "[2001:db8:80::10]:7 hello");
  };
  world.run(program());
  world.check_nothing_is_left();
  BOOST_TEST(world.counters().associations == 1u);
  BOOST_TEST(world.counters().flows == 2u);
  BOOST_TEST(world.counters().sent == 2u);
  BOOST_TEST(world.counters().received == 2u);
  BOOST_TEST(world.counters().drops.total() == 0u);
}

BOOST_AUTO_TEST_CASE(the_relay_is_at_the_address_at_which_the_client_reached_the_proxy) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto by_v4 = co_await associate(world.phone, kProxy);
    BOOST_TEST(by_v4.relay.address.to_string() == "10.0.0.1");
    auto by_v6 = co_await associate(world.phone, kProxy6);
    BOOST_TEST(by_v6.relay.address.to_string() == "2001:db8:aa::1");
    BOOST_TEST(co_await ask(world, by_v6, kEcho, "over both") == "203.0.113.10:7 over both");
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_name_is_looked_up_and_its_address_answers) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (const auto* text : {"first", "second"}) {
      const auto got = co_await ask(world, client, "v4.example:7", text);
      BOOST_TEST(got == std::string("203.0.113.10:7 ") + text);
    }
    BOOST_TEST(co_await ask(world, client, "v6.example:7", "six") == "[2001:db8:80::10]:7 six");
    BOOST_TEST(co_await ask(world, client, "203.0.113.10:7", "literal") ==
               "203.0.113.10:7 literal");
  };
  world.run(program());
  world.check_nothing_is_left();
  BOOST_TEST(world.counters().flows == 2u);
}

BOOST_AUTO_TEST_CASE(every_size_passes_that_a_datagram_can_have) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (const std::size_t size : {0, 1, 1472, 65507 - 10}) {
      const std::string text(size, 'x');
      BOOST_TEST(co_await ask(world, client, kEcho, text) == "203.0.113.10:7 " + text);
    }
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(an_answer_that_has_no_room_for_its_header_is_dropped_alone) {
  UdpWorld world;
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    const auto server = open_socket(world.www, address("203.0.113.10"));
    const auto target = net::to_string(server->local_endpoint());
    send_to(client, target, "hi");
    std::vector<std::byte> buffer(65507);
    std::array<net::DatagramIn, 1> in{};
    in[0].buffer = buffer;
    const auto got = co_await server->receive(in);
    BOOST_TEST(got.has_value());
    send_raw(*server, in[0].from, Bytes(65500));
    send_raw(*server, in[0].from, Bytes(5, std::byte{'s'}));
    const auto heard = co_await receive_from(world.phone, *client.socket);
    BOOST_TEST(heard.text == "sssss");
  };
  world.run(program());
  world.check_nothing_is_left();
  BOOST_TEST(world.counters().drops.count(UdpDrop::too_large) == 1u);
}

BOOST_AUTO_TEST_CASE(fragments_and_what_makes_no_sense_are_dropped_and_counted) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    const auto hello = bytes_of("hello");
    send_raw(*client.socket, client.relay, udp_request(kEchoTarget, hello, 1));
    send_raw(*client.socket, client.relay, udp_request(kEchoTarget, hello, 0x80));
    send_raw(*client.socket, client.relay, bytes_of("hello world"));
    send_raw(*client.socket, client.relay, {});
    send_to(client, "203.0.113.10:0", "no port");
    BOOST_TEST(co_await ask(world, client, kEcho, "good") == "203.0.113.10:7 good");
  };
  world.run(program());
  world.check_nothing_is_left();
  BOOST_TEST(world.heard.size() == 1u);
  const auto drops = world.counters().drops;
  // What came from the client's address before its first good datagram may be anybody's.
  BOOST_TEST(drops.total() == 5u);
  BOOST_TEST(drops.count(UdpDrop::bad_target) == 1u);
}

BOOST_AUTO_TEST_CASE(drops_are_counted_by_their_reason) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    const Said said{true, {}};
    auto client = co_await associate(world.phone, kProxy, said);
    send_raw(*client.socket, client.relay, udp_request(kEchoTarget, {}, 1));
    send_raw(*client.socket, client.relay, Bytes(20, std::byte{0}));
    co_await world.pause(1s);
  };
  world.run(program());
  world.check_nothing_is_left();
  BOOST_TEST(to_string(world.counters().drops) == "2 (1 malformed, 1 fragments)");
}

BOOST_AUTO_TEST_CASE(nobody_but_the_client_is_listened_to) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    const auto other_host = open_socket(world.tablet, address("10.0.0.3"));
    const auto request = udp_request(kEchoTarget, bytes_of("stranger"));
    send_raw(*other_host, client.relay, request);
    co_await world.pause(1s);
    BOOST_TEST(world.heard.empty());
    BOOST_TEST(co_await ask(world, client, kEcho, "mine") == "203.0.113.10:7 mine");
    const auto other_port = open_socket(world.phone, address("10.0.0.2"));
    send_raw(*other_port, client.relay, request);
    BOOST_TEST(co_await ask(world, client, kEcho, "still mine") == "203.0.113.10:7 still mine");
  };
  world.run(program());
  world.check_nothing_is_left();
  BOOST_TEST(world.heard.size() == 2u);
  BOOST_TEST(world.counters().drops.count(UdpDrop::stranger) == 2u);
}

BOOST_AUTO_TEST_CASE(a_client_that_says_its_port_is_heard_from_there_only) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    const Said said{true, {}};
    auto client = co_await associate(world.phone, kProxy, said);
    const auto other_port = open_socket(world.phone, address("10.0.0.2"));
    send_raw(*other_port, client.relay, udp_request(kEchoTarget, bytes_of("early")));
    BOOST_TEST(co_await ask(world, client, kEcho, "mine") == "203.0.113.10:7 mine");
  };
  world.run(program());
  BOOST_TEST(world.heard.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_client_that_says_an_address_it_does_not_come_from_is_not_held_to_its_port) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    // As behind a translator: the port that it knows is not the one that arrives.
    const Said said{true, address("192.168.1.5")};
    auto client = co_await associate(world.phone, kProxy, said);
    client.socket = open_socket(world.phone, address("10.0.0.2"));
    BOOST_TEST(co_await ask(world, client, kEcho, "hello") == "203.0.113.10:7 hello");
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(a_port_that_has_long_been_silent_gives_way_to_another) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await ask(world, client, kEcho, "first") == "203.0.113.10:7 first");
    client.socket = open_socket(world.phone, address("10.0.0.2"));
    BOOST_TEST(co_await ask(world, client, kEcho, "too soon") == "nothing");
    co_await world.pause(121s);
    BOOST_TEST(co_await ask(world, client, kEcho, "later") == "203.0.113.10:7 later");
  };
  world.run(program());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_clients_connection_ends_it_and_closes_every_socket) {
  for (const bool reset : {false, true}) {
    UdpWorld world;
    world.echo(7);
    const auto program = [&]() -> net::Task<void> {
      auto client = co_await associate(world.phone, kProxy);
      for (int i = 0; i < 2; ++i) co_await ask(world, client, kEcho, "x");
      co_await ask(world, client, kEcho6, "x");
      co_await send_text(*client.control, "what is sent here means nothing");
      BOOST_TEST(co_await ask(world, client, kEcho, "x") == "203.0.113.10:7 x");
      BOOST_TEST(world.relay_sockets() >= 2u);
      BOOST_TEST(world.counters().live == 1u);
      if (reset) client.control->abort();
      if (!reset) client.control.reset();
      co_await world.pause(10ms);
      BOOST_TEST(world.relay_sockets() == 0u);
      BOOST_TEST(co_await ask(world, client, kEcho, "x") == "nothing");
    };
    world.run(program());
    world.check_nothing_is_left();
  }
}

BOOST_AUTO_TEST_CASE(it_ends_with_the_server) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    co_await ask(world, client, kEcho, "x");
    send_to(client, "www.example:9", "under way");
    co_await world.server->stop(1s);
    BOOST_TEST(world.relay_sockets() == 0u);
    co_await world.pause(1s);
  };
  world.run(program());
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(a_client_is_told_that_the_proxy_stops_and_may_end_it_in_time) {
  UdpWorld world;
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await ask(world, client, kEcho, "x") == "203.0.113.10:7 x");
    net::TaskGroup stopping(world.laptop.executor(), nullptr);
    stopping.spawn(world.server->stop(60s));
    const auto began = world.simulation.now();
    const auto end = co_await read_to_end(*client.control);
    BOOST_TEST(!end.error);
    BOOST_TEST(co_await ask(world, client, kEcho, "last") == "203.0.113.10:7 last");
    client.control.reset();
    static_cast<void>(co_await stopping.idle());
    BOOST_TEST((world.simulation.now() - began < 1s));
  };
  world.run(program());
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(it_counts_as_one_of_the_clients_connections) {
  ServerOptions options;
  options.admission.connections_per_max = 1;
  UdpWorld world({"wifi"}, options);
  const auto program = [&]() -> net::Task<void> {
    auto first = co_await associate(world.phone, kProxy);
    BOOST_TEST((first.reply == socks5::Reply::succeeded));
    const auto second = co_await world.phone.network().connect(kProxy, net::kAnyEgress);
    std::array<std::byte, 1> byte{};
    const auto got = co_await (*second)->read_some(byte);
    BOOST_TEST(!got.has_value());
  };
  world.run(program());
  BOOST_TEST(world.server->counters().turned_away == 1u);
}

BOOST_AUTO_TEST_CASE(a_flow_that_is_silent_for_its_time_is_forgotten_with_its_socket) {
  ServerOptions options;
  options.udp.flow_timeout = 10s;
  UdpWorld world({"wifi"}, options);
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (int i = 0; i < 5; ++i) {  // longer than the time-out, but never silent for so long
      BOOST_TEST(co_await ask(world, client, kEcho, "x") == "203.0.113.10:7 x");
      co_await world.pause(8s);
    }
    BOOST_TEST(world.heard.front().from.port == world.heard.back().from.port);
    BOOST_TEST(world.relay_sockets() == 2u);
    BOOST_TEST(world.link_counters(0).live == 1u);
    co_await world.pause(3s);
    BOOST_TEST(world.relay_sockets() == 1u);
    BOOST_TEST(world.link_counters(0).live == 0u);
    BOOST_TEST(co_await ask(world, client, kEcho, "again") == "203.0.113.10:7 again");
    BOOST_TEST(world.heard.front().from.port != world.heard.back().from.port);
  };
  world.run(program());
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(datagrams_of_either_direction_keep_a_flow) {
  ServerOptions options;
  options.udp.flow_timeout = 10s;
  for (const bool from_client : {true, false}) {
    UdpWorld world({"wifi"}, options);
    const auto program = [&]() -> net::Task<void> {
      auto client = co_await associate(world.phone, kProxy);
      const auto server = open_socket(world.www, address("203.0.113.10"));
      const auto target = net::to_string(server->local_endpoint());
      send_to(client, target, "first");
      co_await world.pause(1s);
      std::vector<std::byte> buffer(100);
      std::array<net::DatagramIn, 1> in{};
      in[0].buffer = buffer;
      BOOST_TEST(server->try_receive(in).has_value());
      for (int i = 0; i < 4; ++i) {
        co_await world.pause(7s);
        if (from_client) send_to(client, target, "on and on");
        if (!from_client) send_raw(*server, in[0].from, bytes_of("on and on"));
        co_await world.pause(1s);
        BOOST_TEST(world.link_counters(0).live == 1u);
      }
      BOOST_TEST(world.link_counters(0).connections == 1u);
      co_await world.pause(10s);
      BOOST_TEST(world.link_counters(0).live == 0u);
    };
    world.run(program());
    world.check_nothing_is_left();
  }
}

BOOST_AUTO_TEST_CASE(an_association_without_a_datagram_for_the_idle_timeout_is_reset) {
  ServerOptions options;
  options.silence.idle = 20s;
  UdpWorld world({"wifi"}, options);
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    for (int i = 0; i < 3; ++i) {
      BOOST_TEST(co_await ask(world, client, kEcho, "x") == "203.0.113.10:7 x");
      co_await world.pause(18s);
    }
    const auto began = world.simulation.now();
    const auto end = co_await read_to_end(*client.control);
    BOOST_TEST((end.error == boost::system::errc::connection_reset), end.error.message());
    BOOST_TEST((world.simulation.now() - began <= 3s));
  };
  world.run(program());
  world.check_nothing_is_left();
}

BOOST_AUTO_TEST_CASE(batches_keep_the_order_of_each_flow) {
  UdpWorld world;
  for (std::uint16_t port = 1; port <= 3; ++port) world.echo(port);
  constexpr int kRounds = 150;
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    std::vector<Bytes> requests;
    for (int i = 0; i < kRounds; ++i) {
      for (std::uint16_t port = 1; port <= 3; ++port) {
        // Of one size mostly, so that they come joined, with a shorter one now and then.
        const auto text = (i % 7 == 0 ? "" : "number ") + std::to_string(100 + i);
        requests.push_back(udp_request({kEchoTarget.host, port}, bytes_of(text)));
      }
    }
    std::vector<net::DatagramOut> out;
    for (const auto& each : requests) out.push_back({each, client.relay, {}});
    const auto sent = co_await client.socket->send(out);
    BOOST_TEST(*sent == out.size());
    std::map<std::string, int> next;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto got = co_await receive_from(world.phone, *client.socket);
      const int expected = next[got.source]++;
      const auto text = (expected % 7 == 0 ? "" : "number ") + std::to_string(100 + expected);
      BOOST_TEST_REQUIRE(got.text == text);
    }
    BOOST_TEST(next.size() == 3u);
  };
  world.run(program());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
