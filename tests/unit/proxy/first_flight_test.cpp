// What is said first in a tunnel, and the link fails before it is answered.

#include "engine/proxy/repeatable.hpp"
#include "engine/proxy/socks5_client.hpp"
#include "tests/unit/proxy/proxy_world.hpp"

#include <boost/system/errc.hpp>

#include <vector>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(first_flight)
namespace {

namespace errc = boost::system::errc;

std::string counted(std::size_t octets, const std::string& text) {
  std::string size;
  for (auto left = octets; left-- > 0;) size += static_cast<char>(text.size() >> (8 * left));
  return size + text;
}

// RFC 8446 4.1.2, with an extension of this number.
std::string client_hello(char extension = 10, const std::string& content = "any") {
  const auto extensions = std::string("\0", 1) + extension + counted(2, content);
  const auto body = "\x03\x03" + std::string(32, 'r') + counted(1, std::string(32, 's')) +
                    counted(2, std::string("\x13\x01", 2)) + counted(1, std::string("\0", 1)) +
                    counted(2, extensions);
  return "\x16\x03\x01" + counted(2, "\x01" + counted(3, body));
}

const std::string kGet = "GET / HTTP/1.1\r\nHost: www.example\r\n\r\n";

Progress judge(const std::string& text) {
  return judge_first_flight(bytes_of(text));
}

BOOST_AUTO_TEST_CASE(a_hello_may_be_said_twice_and_a_part_of_it_not_yet) {
  const auto hello = client_hello();
  BOOST_TEST((judge(hello) == Progress::complete));
  for (std::size_t size = 0; size < hello.size(); ++size) {
    BOOST_TEST((judge(hello.substr(0, size)) == Progress::incomplete), "of " << size);
  }
  BOOST_TEST((judge(client_hello(10, std::string(1800, 'k'))) == Progress::complete));
}

BOOST_AUTO_TEST_CASE(a_hello_with_early_data_or_with_more_behind_it_may_not) {
  BOOST_TEST((judge(client_hello(42)) == Progress::invalid));
  BOOST_TEST((judge(client_hello() + "x") == Progress::invalid));
  BOOST_TEST((judge(client_hello(10, std::string(17'000, 'k'))) == Progress::invalid));
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_a_hello_may_not) {
  const auto hello = client_hello();
  auto no_hello = hello;
  no_hello[5] = 2;
  BOOST_TEST((judge(no_hello) == Progress::invalid));
  auto of_another_version = hello;
  of_another_version[1] = 2;
  BOOST_TEST((judge(of_another_version) == Progress::invalid));
  // Each length that is too large for what it is in.
  for (const std::size_t at : {6u, 8u, 43u, 76u, 80u, 82u, 86u}) {
    auto broken = hello;
    ++broken[at];
    BOOST_TEST((judge(broken) == Progress::invalid), "at " << at);
  }
}

BOOST_AUTO_TEST_CASE(an_idempotent_request_without_content_may_be_said_twice) {
  BOOST_TEST((judge(kGet) == Progress::complete));
  BOOST_TEST((judge("HEAD / HTTP/1.0\r\n\r\n") == Progress::complete));
  BOOST_TEST((judge(kGet.substr(0, 20)) == Progress::incomplete));
}

BOOST_AUTO_TEST_CASE(other_requests_may_not) {
  BOOST_TEST((judge("POST / HTTP/1.1\r\nHost: a\r\n\r\n") == Progress::invalid));
  BOOST_TEST(
      (judge("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n") == Progress::invalid));
  BOOST_TEST(
      (judge("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n") ==
       Progress::invalid));
  BOOST_TEST((judge(kGet + kGet) == Progress::invalid));
  BOOST_TEST((judge("SSH-2.0-OpenSSH_9.2\r\n") == Progress::incomplete));
  BOOST_TEST((judge(std::string("\0\0\0\x2a", 4)) == Progress::invalid));
}

BOOST_AUTO_TEST_CASE(a_part_that_nobody_acts_upon_may_be_said_twice_too) {
  const auto may = [](const std::string& text) { return may_be_said_twice(bytes_of(text)); };
  BOOST_TEST(may(""));
  BOOST_TEST(may("GET"));
  BOOST_TEST(may(client_hello().substr(0, 50)));
  BOOST_TEST(may(kGet));
  BOOST_TEST(!may("INCR visitors\r\n"));
  BOOST_TEST(!may("POST / HTTP/1.1\r\n\r\n"));
}

// A target that answers each piece with "heard", and a client that says one thing.
struct FlightWorld : ProxyWorld {
  explicit FlightWorld(ServerOptions options = {},
                       std::vector<std::string> arguments = {"wifi", "lte"})
      : ProxyWorld(std::move(arguments), std::move(options)) {
    serve([this](net::StreamPtr stream) -> net::Task<void> {
      const bool is_by_wifi = stream->remote_endpoint().address.to_string() == "192.0.2.2";
      std::vector<std::byte> buffer(32 * 1024);
      for (;;) {
        const auto got = co_await stream->read_some(buffer);
        if (!got || *got == 0) co_return;
        heard += std::string(reinterpret_cast<const char*>(buffer.data()), *got);
        if (answers_after != net::Duration::zero()) {
          co_await laptop.clock().sleep_for(answers_after);
        }
        if (is_by_wifi && resets) co_return stream->abort();
        co_await send_text(*stream, "heard");
      }
    });
  }
  ~FlightWorld() { simulation.drop_tasks(); }

  // Connects, by wifi, whose turn is the first; calls `before`, says `text`, and hears.
  void talk(std::string text, std::function<void()> before, net::Duration pause = 100ms) {
    const auto program = [&]() -> net::Task<void> {
      auto stream = co_await connect_to_proxy();
      HandshakeBuffer buffer;
      const auto answer = co_await socks5::request_connection(*stream, buffer, kWww);
      BOOST_REQUIRE(answer.has_value());
      co_await laptop.clock().sleep_for(pause);
      before();
      const auto began = simulation.now();
      if (!text.empty()) co_await send_text(*stream, text);
      std::vector<std::byte> bytes(64);
      const auto got = co_await stream->read_some(bytes, simulation.now() + 60s);
      took = simulation.now() - began;
      if (!got) {
        error = got.error();
        co_return;
      }
      came = std::string(reinterpret_cast<const char*>(bytes.data()), *got);
      co_await send_text(*stream, "more");
      const auto more = co_await stream->read_some(bytes, simulation.now() + 10s);
      goes_on = more && *more == 5;
    };
    run(program());
    simulation.run_for(1s);
  }
  void blackhole() { world.find_link("laptop/wifi")->set_state(sim::LinkState::blackhole); }
  const link::LinkCounters& counters(std::size_t link) { return links->links()[link]->counters(); }

  bool resets = false;  // the target does, what comes by wifi
  net::Duration answers_after{};
  net::TimePoint stopped{};
  std::string heard;
  std::string came;
  net::Error error;
  net::Duration took{};
  bool goes_on = false;
};

BOOST_AUTO_TEST_CASE(a_hello_on_a_link_that_dies_is_said_by_another_one) {
  for (const auto& text : {client_hello(), kGet}) {
    FlightWorld world;
    world.talk(text, [&] { world.blackhole(); });
    BOOST_TEST(!world.error, world.error.message());
    BOOST_TEST(world.came == "heard");
    BOOST_TEST(world.goes_on);
    BOOST_TEST(world.heard == text + "more");
    BOOST_TEST((world.took < 3500ms), world.took.count());  // nobody else uses the link
  }
}

BOOST_AUTO_TEST_CASE(who_has_said_nothing_yet_is_moved_too) {
  FlightWorld world;
  world.talk("", [&] {
    world.blackhole();
    auto& wifi = *world.links->links().front();
    link::observe(*world.links, wifi, {link::Sign::gone, world.simulation.now(), "test"},
                  world.laptop.log());
  });
  BOOST_TEST(world.error == errc::timed_out);  // of its own patience: it is still connected
  BOOST_TEST(world.sources.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_flight_leaves_a_dead_link_at_once_also_where_connections_are_to_stay) {
  ServerOptions options;
  options.dead_link_timeout = net::Duration::zero();
  FlightWorld world(options);
  world.talk(client_hello(), [&] {
    world.blackhole();
    auto& wifi = *world.links->links().front();
    link::observe(*world.links, wifi, {link::Sign::gone, world.simulation.now(), "test"},
                  world.laptop.log());
  });
  BOOST_TEST(world.came == "heard");
  BOOST_TEST(world.goes_on);
  BOOST_TEST((world.took < 500ms), world.took.count());
}

BOOST_AUTO_TEST_CASE(a_flight_that_waits_for_too_long_is_over) {
  FlightWorld world;
  world.talk(client_hello(), [&] {
    world.resets = true;
    world.answers_after = 6s;
  });
  BOOST_TEST(world.error == errc::connection_reset);
  BOOST_TEST(world.sources.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stop_in_the_middle_of_a_move_resets_the_client) {
  FlightWorld world;
  world.talk(client_hello(), [&] {
    world.resets = true;
    // Its SYN is lost: the move waits for the connection.
    world.world.find_link("laptop/lte")->set_state(sim::LinkState::blackhole);
    world.laptop.spawn([](FlightWorld& its) -> net::Task<void> {
      co_await its.laptop.clock().sleep_for(500ms);
      co_await its.server->stop(100ms);
      its.stopped = its.simulation.now();
    }(world));
  });
  BOOST_TEST(world.error == errc::connection_reset);
  BOOST_TEST((world.took < 1s), world.took.count());
  BOOST_TEST((world.stopped != net::TimePoint{}));
}

BOOST_AUTO_TEST_CASE(a_reset_before_the_first_byte_is_not_the_end) {
  FlightWorld world;
  world.talk(client_hello(), [&] { world.resets = true; });
  BOOST_TEST(world.came == "heard");
  BOOST_TEST(world.goes_on);
  BOOST_TEST(world.heard == client_hello() + client_hello() + "more");
  BOOST_TEST(world.sources.size() == 2u);
  BOOST_TEST((world.took < 1s), world.took.count());
}

BOOST_AUTO_TEST_CASE(two_early_resets_where_another_link_answers_are_a_doubt) {
  FlightWorld world;
  world.resets = true;
  for (int i = 0; i < 2; ++i) {
    // By turns: the first and the third are wifi's.
    world.talk(client_hello(), [] {});
    world.talk(client_hello(), [] {});
  }
  BOOST_TEST(world.links->links().front()->standing().reason == "works after all");
}

BOOST_AUTO_TEST_CASE(what_may_not_be_said_twice_is_reset) {
  for (const auto& text : {client_hello(42), std::string("EHLO me\r\n"), kGet + "more"}) {
    FlightWorld world;
    world.talk(text, [&] { world.resets = true; });
    BOOST_TEST(world.error == errc::connection_reset);
    BOOST_TEST(world.sources.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(where_a_rule_has_chosen_the_link_no_other_one_helps) {
  ServerOptions options;
  options.dial.routes = {parse_route_rule("*=wifi")};
  FlightWorld world(options);
  world.talk(client_hello(), [&] { world.resets = true; });
  BOOST_TEST(world.error == errc::connection_reset);
  BOOST_TEST(world.sources.size() == 1u);
}

BOOST_AUTO_TEST_CASE(where_all_links_fail_the_client_is_reset) {
  FlightWorld world;
  world.talk(client_hello(), [&] {
    world.resets = true;
    world.world.find_link("laptop/lte")->set_state(sim::LinkState::down);
  });
  BOOST_TEST(world.error == errc::connection_reset);
  BOOST_TEST(world.sources.size() == 1u);
}

BOOST_AUTO_TEST_CASE(each_byte_is_counted_once_and_nothing_stays_behind) {
  FlightWorld world;
  const auto hello = client_hello();
  world.talk(hello, [&] { world.resets = true; });
  BOOST_TEST(world.counters(0).sent.total() == hello.size());
  BOOST_TEST(world.counters(0).received.total() == 0u);
  BOOST_TEST(world.counters(1).sent.total() == hello.size() + 4);
  BOOST_TEST(world.counters(1).received.total() == 10u);
  world.simulation.run_for(10s);
  for (const std::size_t link : {0u, 1u}) {
    BOOST_TEST(world.counters(link).live == 0u);
    BOOST_TEST(world.counters(link).dialling == 0u);
  }
  BOOST_TEST(world.server->counters().live == 0u);
}

BOOST_AUTO_TEST_CASE(a_target_that_speaks_first_is_heard_at_once) {
  ProxyWorld world;
  world.serve([](net::StreamPtr stream) -> net::Task<void> {
    co_await send_text(*stream, "220 welcome");
    co_await read_to_end(*stream);
  });
  const auto program = [&]() -> net::Task<void> {
    auto stream = co_await world.connect_to_proxy();
    HandshakeBuffer buffer;
    const auto answer = co_await socks5::request_connection(*stream, buffer, ProxyWorld::kWww);
    BOOST_REQUIRE(answer.has_value());
    const auto began = world.simulation.now();
    std::vector<std::byte> bytes(64);
    const auto got = co_await stream->read_some(bytes);
    BOOST_TEST((got && *got == 11));
    BOOST_TEST((world.simulation.now() - began < 50ms));
  };
  world.run(program());
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
