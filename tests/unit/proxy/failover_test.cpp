// A link dies and comes back: what its standing goes through, and what becomes of connections.

#include "engine/net/task_group.hpp"
#include "engine/proxy/socks5_client.hpp"
#include "tests/unit/proxy/proxy_world.hpp"

#include <algorithm>
#include <vector>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(failover)
namespace {

struct Change {
  net::Duration at;
  link::Health health;
};

struct FailoverWorld : ProxyWorld {
  explicit FailoverWorld(ServerOptions options = {},
                         std::vector<std::string> arguments = {"wifi", "lte"})
      : ProxyWorld(std::move(arguments), std::move(options)) {
    watch = links->watch(laptop.executor(), [this](link::Link& link) {
      if (&link != links->links().front()) return;
      if (!history.empty() && history.back().health == link.health()) return;
      history.push_back({simulation.now().time_since_epoch(), link.health()});
    });
    serve([](net::StreamPtr stream) -> net::Task<void> {
      std::vector<std::byte> buffer(1024);
      for (;;) {
        const auto got = co_await stream->read_some(buffer);
        if (!got || *got == 0) co_return;
        co_await net::write_all(*stream, std::span(buffer).first(*got));
      }
    });
  }
  ~FailoverWorld() { simulation.drop_tasks(); }

  sim::Link& wifi() { return *world.find_link("laptop/wifi"); }
  net::Duration now() const { return simulation.now().time_since_epoch(); }

  std::string healths() const {
    std::string text;
    for (const auto& each : history) text += std::string(to_string(each.health)) + " ";
    return text;
  }
  // When it became so, for the first time.
  net::Duration when(link::Health health) const {
    const auto found =
        std::ranges::find_if(history, [&](const Change& each) { return each.health == health; });
    BOOST_REQUIRE((found != history.end()));
    return found->at;
  }

  // A client that connects, says a word, hears it, and goes: ten times a second.
  static net::Task<void> one(FailoverWorld& self) {
    auto stream = co_await self.connect_to_proxy();
    HandshakeBuffer buffer;
    const auto answer = co_await socks5::request_connection(*stream, buffer, kWww);
    if (!answer || answer->reply != socks5::Reply::succeeded) {
      ++self.failed;
      co_return;
    }
    co_await send_text(*stream, "x");
    std::byte byte{};
    const auto got = co_await stream->read_some(std::span(&byte, 1));
    ++(got ? self.served : self.cut);
  }
  static net::Task<void> traffic(FailoverWorld& self, net::Duration until) {
    net::TaskGroup group(self.laptop.executor(), nullptr);
    while (self.now() < until) {
      group.spawn(one(self));
      co_await self.laptop.clock().sleep_for(100ms);
    }
    co_await group.idle();
  }

  // A client that says a word every `pause`; when its connection failed.
  static net::Task<void> hold(FailoverWorld& self, net::Duration pause, net::Duration& ended) {
    auto stream = co_await self.connect_to_proxy();
    HandshakeBuffer buffer;
    const auto answer = co_await socks5::request_connection(*stream, buffer, kWww);
    BOOST_REQUIRE(answer.has_value());
    std::vector<std::byte> heard(16);
    for (;;) {
      co_await send_text(*stream, "x");
      const auto got = co_await stream->read_some(heard);
      ended = self.now();
      if (!got || *got == 0) co_return;
      const auto end = self.simulation.now() + pause;
      const auto more = co_await stream->read_some(heard, end);
      ended = self.now();
      if (!more && more.error() != boost::system::errc::timed_out) co_return;
    }
  }

  std::shared_ptr<link::LinkWatch> watch;
  std::vector<Change> history;
  int served = 0;
  int failed = 0;
  int cut = 0;
};

BOOST_AUTO_TEST_CASE(a_link_that_dies_in_silence_goes_down_within_2_s_and_comes_back_within_10) {
  FailoverWorld world;
  world.laptop.spawn(FailoverWorld::traffic(world, 45s));
  world.simulation.run_for(10s);
  world.wifi().set_state(sim::LinkState::blackhole);
  world.simulation.run_for(20s);
  world.wifi().set_state(sim::LinkState::up);
  world.simulation.run_for(20s);
  BOOST_TEST(world.healths() == "suspect down recovering up ");
  BOOST_TEST((world.when(link::Health::down) < 12s));
  BOOST_TEST((world.when(link::Health::up) < 40s));
  BOOST_TEST(world.failed == 0);
  BOOST_TEST(world.cut <= 2);
  BOOST_TEST(world.served > 440);
}

BOOST_AUTO_TEST_CASE(without_probes_connections_find_out_that_a_link_works_again) {
  ServerOptions options;
  options.monitor.probes = false;
  FailoverWorld world(options);
  world.laptop.spawn(FailoverWorld::traffic(world, 60s));
  world.simulation.run_for(10s);
  world.wifi().set_state(sim::LinkState::blackhole);
  world.simulation.run_for(10s);
  world.wifi().set_state(sim::LinkState::up);
  const auto before = world.links->links().front()->counters().connections.get();
  world.simulation.run_for(40s);
  BOOST_TEST(world.failed == 0);
  BOOST_TEST((world.links->links().front()->health() == link::Health::up));
  BOOST_TEST(world.links->links().front()->counters().connections.get() > before + 50);
}

BOOST_AUTO_TEST_CASE(what_was_at_work_is_reset_soon_and_what_was_idle_later) {
  FailoverWorld world;
  net::Duration busy{};
  net::Duration idle{};
  // The first and the third turn are wifi's.
  world.laptop.spawn(FailoverWorld::hold(world, 200ms, busy));
  world.simulation.run_for(1s);
  world.laptop.spawn(FailoverWorld::traffic(world, 1050ms));
  world.simulation.run_for(1s);
  world.laptop.spawn(FailoverWorld::hold(world, 10min, idle));
  world.simulation.run_for(20s);
  BOOST_REQUIRE((world.sources.front() == world.sources.back()));
  world.laptop.spawn(FailoverWorld::traffic(world, 100s));
  world.simulation.run_for(1s);
  const auto dead = world.now();
  world.wifi().set_state(sim::LinkState::blackhole);
  world.simulation.run_for(10s);
  BOOST_TEST((busy > dead && busy < dead + 3s), busy.count());
  BOOST_TEST((idle < dead));
  world.simulation.run_for(40s);
  BOOST_TEST((idle > dead + 29s && idle < dead + 33s), idle.count());
}

BOOST_AUTO_TEST_CASE(the_only_link_keeps_its_connections_however_dead_it_is) {
  FailoverWorld world({}, {"wifi"});
  net::Duration ended{};
  world.laptop.spawn(FailoverWorld::hold(world, 200ms, ended));
  world.simulation.run_for(2s);
  world.wifi().set_state(sim::LinkState::blackhole);
  world.simulation.run_for(20s);
  BOOST_TEST((ended < 3s));
  world.wifi().set_state(sim::LinkState::up);
  world.simulation.run_for(30s);
  BOOST_TEST((ended > 49s));
}

// Somebody has taken the link to be down, and yet it brings bytes, if only to another connection.
BOOST_AUTO_TEST_CASE(on_a_link_that_still_brings_bytes_nobody_is_reset) {
  ServerOptions options;
  options.monitor.probes = false;  // its word is the test's
  FailoverWorld world(options);
  net::Duration busy{};
  net::Duration waiting{};
  const auto wait = [&](FailoverWorld& self) -> net::Task<void> {
    auto stream = co_await self.connect_to_proxy();
    HandshakeBuffer buffer;
    const auto answer = co_await socks5::request_connection(*stream, buffer, FailoverWorld::kWww);
    BOOST_REQUIRE(answer.has_value());
    co_await send_text(*stream, "x");
    std::byte byte{};
    const auto echoed = co_await stream->read_some(std::span(&byte, 1));
    BOOST_TEST(echoed.has_value());
    const auto more = co_await stream->read_some(std::span(&byte, 1));
    BOOST_TEST(!more.has_value());
    waiting = self.now();
  };
  // The first and the third turn are wifi's.
  world.laptop.spawn(FailoverWorld::hold(world, 200ms, busy));
  world.simulation.run_for(1s);
  world.laptop.spawn(FailoverWorld::traffic(world, 1050ms));
  world.simulation.run_for(1s);
  world.laptop.spawn(wait(world));
  world.simulation.run_for(1s);
  auto& wifi = *world.links->links().front();
  for (int i = 0; i < 10; ++i) {
    world.links->set_standing(wifi, {link::Health::down, "test", world.simulation.now()});
    world.simulation.run_for(1s);
  }
  BOOST_TEST((waiting == 0s), waiting.count());
  BOOST_TEST((busy > 12s), busy.count());
  world.wifi().set_state(sim::LinkState::blackhole);
  world.links->set_standing(wifi, {link::Health::down, "test", world.simulation.now()});
  world.simulation.run_for(4s);
  BOOST_TEST((waiting > 13s && waiting < 17s), waiting.count());
  BOOST_TEST((busy > 13s && busy < 17s), busy.count());
}

BOOST_AUTO_TEST_CASE(where_health_is_off_a_dead_link_has_its_turn_for_ever) {
  ServerOptions options;
  options.health = false;
  FailoverWorld world(options);
  world.wifi().set_state(sim::LinkState::blackhole);
  world.laptop.spawn(FailoverWorld::traffic(world, 10s));
  world.simulation.run_for(20s);
  BOOST_TEST(world.history.empty());
  BOOST_TEST(world.links->links().front()->counters().dials.get() >= 45u);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
