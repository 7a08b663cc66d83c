// Rates of links and of clients, in bytes that passed: of tunnels, of forwarded HTTP, of datagrams.

#include "engine/traffic/origin.hpp"
#include "engine/traffic/transfer.hpp"
#include "tests/unit/proxy/udp_world.hpp"

#include <algorithm>
#include <list>

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(rate_limits)
namespace {

constexpr std::uint64_t kHuge = 10'000'000'000;
constexpr double kTolerance = 2;  // percent

ServerOptions with_client_rate(std::string_view text) {
  ServerOptions options;
  options.client_rates = link::parse_rate_limits(text);
  return options;
}

// A transfer under way, and what of its body has passed.
struct Flow {
  void mark() { marked = bytes.total(); }
  std::uint64_t since_mark() const { return bytes.total() - marked; }

  net::ByteCounter bytes;
  std::uint64_t marked = 0;
  traffic::TransferResult result;
  bool ended = false;
};

struct RateWorld : UdpWorld {
  explicit RateWorld(std::vector<std::string> arguments, ServerOptions options = {})
      : UdpWorld(std::move(arguments), options), origin(www, traffic::Content::counted) {
    BOOST_REQUIRE(origin.listen({net::any_address(net::Family::v4), 80}).has_value());
    origin.start();
  }

  ~RateWorld() { simulation.drop_tasks(); }
  RateWorld(const RateWorld&) = delete;
  RateWorld& operator=(const RateWorld&) = delete;

  traffic::TransferOptions through_proxy() const {
    traffic::TransferOptions options;
    options.origin = ProxyWorld::kWww;
    options.socks5 = endpoint("10.0.0.1:1080");
    options.content = traffic::Content::counted;
    return options;
  }

  Flow& begin(sim::Host& host, traffic::TransferOptions options) {
    auto& flow = flows.emplace_back();
    options.progress = &flow.bytes;
    host.spawn(go(host, options, flow));
    return flow;
  }
  Flow& download(sim::Host& host, std::uint64_t bytes = kHuge, bool forwarded = false) {
    auto options = through_proxy();
    options.download_bytes = bytes;
    options.forwarded = forwarded;
    return begin(host, options);
  }
  Flow& upload(sim::Host& host) {
    auto options = through_proxy();
    options.upload_bytes = kHuge;
    return begin(host, options);
  }

  static net::Task<void> go(sim::Host& host, traffic::TransferOptions options, Flow& flow) {
    flow.result = co_await traffic::transfer(host, options);
    flow.ended = true;
  }

  // Bits per second of `counter` over the next ten seconds.
  double rate_of(const net::ByteCounter& counter) {
    const auto before = counter.total();
    simulation.run_for(10s);
    return static_cast<double>(counter.total() - before) * 8 / 10;
  }

  traffic::Origin origin;
  std::list<Flow> flows;
};

BOOST_AUTO_TEST_CASE(a_link_carries_its_rate_towards_the_client) {
  RateWorld world({"wifi,rate=4Mbit/s"});
  auto& flow = world.download(world.phone);
  world.simulation.run_for(1s);
  BOOST_TEST(world.rate_of(flow.bytes) == 4e6, boost::test_tools::tolerance(kTolerance / 100));
}

BOOST_AUTO_TEST_CASE(a_link_carries_its_rate_towards_the_targets) {
  RateWorld world({"wifi,rate=4Mbit/s,up=1Mbit/s"});
  world.upload(world.phone);
  world.simulation.run_for(2s);
  const auto& sent = world.link_counters(0).sent;
  BOOST_TEST(world.rate_of(sent) == 1e6, boost::test_tools::tolerance(kTolerance / 100));
}

BOOST_AUTO_TEST_CASE(a_burst_passes_at_once_and_then_the_rate_holds_from_the_first_byte_on) {
  RateWorld world({"wifi,rate=800kbit/s,burst=100kB"});
  auto& flow = world.download(world.phone);
  world.simulation.run_for(500ms);
  BOOST_TEST(flow.bytes.total() >= 95'000u);
  BOOST_TEST(flow.bytes.total() <= 150'000u);
  world.simulation.run_for(9'500ms);
  BOOST_TEST(flow.bytes.total() <= 100'000u + 1'000'000u);
}

BOOST_AUTO_TEST_CASE(connections_share_a_rate_evenly) {
  RateWorld world({"wifi,rate=8Mbit/s"});
  for (int i = 0; i < 8; ++i) world.download(world.phone);
  world.simulation.run_for(2s);
  for (auto& flow : world.flows) flow.mark();
  const auto rate = world.rate_of(world.link_counters(0).received);
  BOOST_TEST(rate == 8e6, boost::test_tools::tolerance(kTolerance / 100));
  for (const auto& flow : world.flows) {
    BOOST_TEST(static_cast<double>(flow.since_mark()) * 8 / 10 == 1e6,
               boost::test_tools::tolerance(kTolerance / 100));
  }
}

BOOST_AUTO_TEST_CASE(forwarded_requests_count_too) {
  RateWorld world({"wifi,rate=4Mbit/s"});
  world.download(world.phone, kHuge, true);
  world.download(world.tablet);
  world.simulation.run_for(1s);
  const auto rate = world.rate_of(world.link_counters(0).received);
  BOOST_TEST(rate == 4e6, boost::test_tools::tolerance(kTolerance / 100));
  for (const auto& flow : world.flows) BOOST_TEST(flow.bytes.total() > 2'000'000u);
}

BOOST_AUTO_TEST_CASE(each_client_has_a_rate_of_its_own) {
  RateWorld world({"wifi", "lte"}, with_client_rate("2Mbit/s"));
  std::list<Flow*> of_phone;
  for (int i = 0; i < 3; ++i) of_phone.push_back(&world.download(world.phone));
  auto& of_tablet = world.download(world.tablet);
  world.simulation.run_for(1s);
  for (auto* flow : of_phone) flow->mark();
  const auto rate = world.rate_of(of_tablet.bytes);
  std::uint64_t sum = 0;
  for (const auto* flow : of_phone) sum += flow->since_mark();
  BOOST_TEST(rate == 2e6, boost::test_tools::tolerance(kTolerance / 100));
  BOOST_TEST(static_cast<double>(sum) * 8 / 10 == 2e6,
             boost::test_tools::tolerance(kTolerance / 100));
}

BOOST_AUTO_TEST_CASE(the_lower_of_two_rates_counts_and_the_rest_of_the_link_is_the_others) {
  RateWorld world({"wifi,rate=5Mbit/s"}, with_client_rate("4Mbit/s"));
  auto& first = world.download(world.phone);
  world.simulation.run_for(1s);
  BOOST_TEST(world.rate_of(first.bytes) == 4e6, boost::test_tools::tolerance(kTolerance / 100));
  world.download(world.tablet);
  world.simulation.run_for(1s);
  const auto rate = world.rate_of(world.link_counters(0).received);
  BOOST_TEST(rate == 5e6, boost::test_tools::tolerance(kTolerance / 100));
}

BOOST_AUTO_TEST_CASE(another_rate_holds_for_what_is_under_way) {
  RateWorld world({"wifi,rate=20Mbit/s"});
  auto& flow = world.download(world.phone);
  world.simulation.run_for(1s);
  auto& link = *world.links->links().front();
  const auto with = [&](const std::string& text) {
    world.links->set_limits(link, link::parse_link_spec(text).limits, world.simulation.now());
    world.simulation.run_for(2s);
    return world.rate_of(flow.bytes);
  };
  BOOST_TEST(with("wifi,rate=1Mbit/s") == 1e6, boost::test_tools::tolerance(kTolerance / 100));
  BOOST_TEST(with("wifi,rate=3Mbit/s") == 3e6, boost::test_tools::tolerance(kTolerance / 100));
  BOOST_TEST(with("wifi,rate=20Mbit/s") == 20e6, boost::test_tools::tolerance(kTolerance / 100));
  Renewal renewal;
  renewal.client_rates = link::parse_rate_limits("2Mbit/s");
  world.server->renew(renewal);
  world.simulation.run_for(2s);
  BOOST_TEST(world.rate_of(flow.bytes) == 2e6, boost::test_tools::tolerance(kTolerance / 100));
}

// At 8 kbit/s, the next portion would be a second and a half away.
BOOST_AUTO_TEST_CASE(who_waits_for_a_slow_rate_ends_at_once) {
  RateWorld world({"wifi,rate=8kbit/s"});
  for (int i = 0; i < 20; ++i)
    world.download(i % 2 == 0 ? world.phone : world.tablet, kHuge, i < 6);
  world.simulation.run_for(30s);
  const auto stop = [&]() -> net::Task<void> { co_await world.server->stop(0s); };
  world.run(stop(), 1s);
  world.simulation.run_for(1s);
  for (const auto& flow : world.flows) BOOST_TEST(flow.ended);
}

BOOST_AUTO_TEST_CASE(a_transfer_through_a_rate_is_whole) {
  RateWorld world({"wifi,rate=2Mbit/s"}, with_client_rate("3Mbit/s"));
  auto& tunnel = world.download(world.phone, 1'000'000);
  auto& forwarded = world.download(world.phone, 1'000'000, true);
  world.simulation.run_for(20s);
  for (const auto* flow : {&tunnel, &forwarded}) {
    BOOST_TEST(flow->ended);
    BOOST_TEST(!flow->result.error);
    BOOST_TEST(flow->bytes.total() == 1'000'000u);
  }
}

// 8 Mbit/s of datagrams.
net::Task<void> flood(UdpWorld& world, UdpClient& client, net::Duration span) {
  const std::string text(1'000, 'x');
  const auto end = world.simulation.now() + span;
  while (world.simulation.now() < end) {
    send_to(client, "203.0.113.10:7", text);
    co_await world.pause(1ms);
  }
}

BOOST_AUTO_TEST_CASE(datagrams_beyond_the_rate_are_dropped_and_counted) {
  RateWorld world({"wifi,rate=1Mbit/s,burst=16kB"});
  world.echo(7);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, endpoint("10.0.0.1:1080"));
    co_await flood(world, client, 10s);
  };
  world.run(program());
  world.simulation.run_for(1s);  // until the association has ended, and is counted
  const auto heard = static_cast<double>(world.heard.size()) * 8'000 / 10;
  BOOST_TEST(heard == 1e6 + 16'000 * 8 / 10, boost::test_tools::tolerance(kTolerance / 100));
  BOOST_TEST(world.counters().drops.count(UdpDrop::over_rate) > 8'000u);
}

BOOST_AUTO_TEST_CASE(a_flood_of_datagrams_leaves_connections_their_half_of_the_rate) {
  RateWorld world({"wifi,rate=2Mbit/s"});
  world.echo(7);
  auto& upload = world.upload(world.tablet);
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, endpoint("10.0.0.1:1080"));
    co_await world.pause(2s);
    upload.mark();
    world.heard.clear();
    co_await flood(world, client, 10s);
  };
  world.run(program());
  const auto datagrams = static_cast<double>(world.heard.size()) * 8'000 / 10;
  const auto stream = static_cast<double>(upload.since_mark()) * 8 / 10;
  BOOST_TEST(datagrams + stream == 2e6, boost::test_tools::tolerance(kTolerance / 100));
  BOOST_TEST(datagrams > 0.7e6);
  BOOST_TEST(stream > 0.7e6);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
