// WebSockets of both sides: what is made of frames, and what is answered, over a simulated network.
#include "engine/fleet/websocket.hpp"

#include "engine/fleet/run_beside.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/world.hpp"
#include "sim/link/link.hpp"
#include "tests/unit/fleet/websocket_case.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dispatch::fleet::websocket {
namespace {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time
using Texts = std::vector<std::string>;

constexpr std::size_t kMessageMax = 100'000;
constexpr Role kRoles[] = {Role::client, Role::server};

Role other(Role role) {
  return role == Role::client ? Role::server : Role::client;
}

std::string wire_of(const std::vector<SentFrame>& frames, Role sender) {
  std::string wire;
  for (const auto& frame : frames) wire += on_the_wire(frame, sender);
  return wire;
}

// What a decoder makes of it, in pieces of `step` bytes.
Texts events_of(const std::string& wire, Role role, std::size_t step) {
  Decoder decoder(role, kMessageMax);
  Texts events;
  for (std::size_t at = 0; at < wire.size(); at += step) {
    const auto piece = std::string_view(wire).substr(at, step);
    decoder.feed(std::as_bytes(std::span(piece)));
    for (auto event = decoder.next(); event.kind != Event::Kind::none; event = decoder.next()) {
      events.push_back(told(event));
    }
  }
  return events;
}

// Two hosts, a connection between them: a WebSocket at one end, and bytes at the other.
struct Ends {
  explicit Ends(Role role_of_socket)
      : role(role_of_socket),
        simulation(1),
        world(simulation),
        near(world.add_host("near")),
        far(world.add_host("far")) {
    sim::DirectionOptions direction;
    direction.rate = sim::DataRate::bits_per_second(100'000'000);
    direction.delay = 1ms;
    const auto both = sim::LinkOptions::symmetric(direction);
    world.attach(near, "eth0", {net::parse_prefix("203.0.113.1/24").value()}, both);
    world.attach(far, "eth0", {net::parse_prefix("203.0.113.2/24").value()}, both);
    const auto at = net::parse_endpoint("203.0.113.1:80").value();
    listener = near.network().listen(at, {}).value();
    near.spawn(serve());
    far.spawn(connect(at));
    simulation.run_for(100ms);
  }
  ~Ends() { simulation.drop_tasks(); }

  net::Task<void> serve() {
    auto accepted = co_await listener->accept();
    BOOST_REQUIRE(accepted);
    limits.message_max = kMessageMax;
    limits.silence = 1h;
    socket = std::make_unique<WebSocket>(near, std::move(*accepted), role, limits,
                                         std::span<const std::byte>());
    auto main = receive();
    co_await run_beside(near.executor(), std::move(main), socket->write_loop());
    ended = true;
  }

  net::Task<void> receive() {
    for (;;) {
      auto message = co_await socket->receive();
      if (!message) co_return;
      messages.push_back(std::move(*message));
    }
  }

  net::Task<void> connect(net::Endpoint at) {
    auto connected = co_await far.network().connect(at, net::kAnyEgress);
    BOOST_REQUIRE(connected);
    peer = std::move(*connected);
    Decoder decoder(other(role), kMessageMax);
    for (;;) {
      const auto room = decoder.room();
      const auto got = co_await peer->read_some(room, net::kNever);
      if (!got || *got == 0) break;
      decoder.arrived(*got);
      for (auto event = decoder.next(); event.kind != Event::Kind::none; event = decoder.next()) {
        answers.push_back(told(event));
      }
    }
    peer_ended = true;
  }

  void send(std::string wire) {
    far.spawn([](Ends& self, std::string text) -> net::Task<void> {
      (void)co_await net::write_all(*self.peer, std::as_bytes(std::span(text)), net::kNever);
    }(*this, std::move(wire)));
    simulation.run_for(2s);
  }

  Role role;
  sim::Simulation simulation;
  sim::World world;
  sim::Host& near;
  sim::Host& far;
  net::ListenerPtr listener;
  WebSocketLimits limits;
  std::unique_ptr<WebSocket> socket;
  net::StreamPtr peer;
  Texts messages;
  Texts answers;
  bool ended = false;
  bool peer_ended = false;
};

// What a socket answers to the events of a case: pongs, and the close. Messages of bytes are not
// spoken here.
struct Expected {
  Texts messages{};
  Texts answers{};
};

Expected expected_of(const WebSocketCase& each) {
  Expected expected;
  for (const auto& event : each.events) {
    const auto behind = event.substr(event.find(':') + 1);
    if (event.starts_with("text:")) {
      expected.messages.push_back(behind);
    } else if (event.starts_with("ping:")) {
      expected.answers.push_back("pong:" + behind);
    } else if (event.starts_with("binary:")) {
      expected.answers.emplace_back("close 1003:");
      break;
    } else if (event.starts_with("close 1005")) {
      expected.answers.emplace_back("close 1000:");
    } else if (event.starts_with("close ")) {
      expected.answers.push_back(event.substr(0, event.find(':') + 1));
    } else if (event.starts_with("violation ")) {
      expected.answers.push_back(fmt::format("close {}:", event.substr(event.find(' ') + 1)));
    }
  }
  return expected;
}

// The reasons that we give are for people.
Texts without_reasons(Texts answers) {
  for (auto& each : answers) {
    if (each.starts_with("close ")) each.resize(each.find(':') + 1);
  }
  return answers;
}

BOOST_AUTO_TEST_SUITE(fleet_websocket)

BOOST_AUTO_TEST_CASE(every_case_is_understood_by_both_sides_however_it_is_cut) {
  BOOST_TEST(websocket_cases().size() > 200U);
  for (const auto& each : websocket_cases()) {
    for (const auto role : kRoles) {
      const auto wire = wire_of(each.sent, other(role));
      for (const std::size_t step : {wire.size(), std::size_t{1}, std::size_t{997}}) {
        const auto events = events_of(wire, role, step);
        BOOST_TEST(events == each.events, each.name << " in pieces of " << step << ": "
                                                    << fmt::format("{}", fmt::join(events, ", ")));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_case_is_answered_as_it_must_be_by_both_sides) {
  for (const auto& each : websocket_cases()) {
    for (const auto role : kRoles) {
      const auto expected = expected_of(each);
      Ends ends(role);
      ends.send(wire_of(each.sent, other(role)));
      Texts messages;
      for (const auto& text : ends.messages) {
        messages.push_back(text.size() > 40 ? fmt::format("{} bytes", text.size()) : text);
      }
      BOOST_TEST(messages == expected.messages, each.name);
      const auto answers = without_reasons(ends.answers);
      BOOST_TEST(answers == expected.answers,
                 each.name << ": " << fmt::format("{}", fmt::join(ends.answers, ", ")));
      const bool closes =
          !expected.answers.empty() && expected.answers.back().starts_with("close ");
      BOOST_TEST(ends.ended == closes, each.name);
      BOOST_TEST(ends.peer_ended == closes, each.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_sent_is_understood_and_a_client_masks_anew_each_time) {
  for (const auto role : kRoles) {
    Ends ends(role);
    for (const std::size_t size : {0u, 125u, 126u, 65535u, 65536u}) {
      ends.socket->send(std::string(size, 'x'));
    }
    ends.socket->close(kGoingAway, std::string(200, 'r'));
    ends.simulation.run_for(1s);
    BOOST_TEST(ends.answers ==
               (Texts{"text:", "text:125 bytes", "text:126 bytes", "text:65535 bytes",
                      "text:65536 bytes", "close 1001:123 bytes"}));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::fleet::websocket
