// UDP ASSOCIATE by links through SOCKS5 proxies, with each operation of this proxy failing in turn,
// and then with the other proxy failing at each stage.

#include "tests/unit/proxy/udp_hop_world.hpp"

namespace dispatch::proxy {
BOOST_AUTO_TEST_SUITE(udp_upstream_faults)
namespace {

const auto kProxy = HopWorld::kProxy;
constexpr auto* kHopUrl = HopWorld::kHopUrl;

// How many of three datagrams, to two addresses and a name, are answered. No answer is another
// one's, or is cut.
net::Task<void> use(HopWorld& world, int& answers) {
  auto client = co_await associate(world.phone, kProxy);
  if (client.reply != socks5::Reply::succeeded) co_return;
  for (const auto* target : {"203.0.113.10:7", "v4.example:8", "[2001:db8:80::10]:9"}) {
    send_to(client, target, target);
    const auto got = co_await receive_from(world.phone, *client.socket, 20s);
    if (got.source == "nothing") continue;
    BOOST_TEST(got.text == target);
    ++answers;
  }
}

struct Sweep {
  const char* name;
  std::vector<std::string> links;
};

// Whether the proxy got to that operation.
bool fail(const Sweep& sweep, PlannedFault fault) {
  ServerOptions options;
  // A client's end that is never read ends nothing: silence does.
  options.silence.idle = 100s;
  HopWorld world(sweep.links, options);
  for (const std::uint16_t port : {8, 9}) world.echo(port);
  world.simulation.run_for(1s);
  world.ledger.plan = fault;
  *world.ledger.plan.operation += world.ledger.operations;
  int answers = 0;
  world.run(use(world, answers));
  const auto failed = world.ledger.failed;
  world.ledger.plan = {};
  BOOST_TEST_CONTEXT(sweep.name << ", operation " << *fault.operation << " fails ("
                                << (failed ? to_string(*failed) : "none") << "), severity "
                                << fault.severity << (fault.silent ? ", silent" : "")) {
    if (!failed) BOOST_TEST(answers == 3);
    world.check_nothing_is_left_anywhere();
    BOOST_TEST(world.ledger.streams == 0u);
    BOOST_TEST(world.ledger.under_way == 0u);
    int answers_after = 0;
    world.run(use(world, answers_after));
    BOOST_TEST(answers_after == 3);
    world.check_nothing_is_left_anywhere();
  }
  return failed.has_value();
}

const Sweep kSweeps[] = {
    {"one proxy", {kHopUrl}},
    {"two proxies", {kHopUrl, std::string("other=") + kHopUrl}},
    {"a proxy and an interface", {kHopUrl, "wifi"}},
};

BOOST_AUTO_TEST_CASE(
    whichever_operation_fails_or_never_ends_nothing_is_left_and_the_next_one_works) {
  // At least: the client's greeting and request, two answers, the end, a socket; the connection to
  // the proxy, two requests and their answers there, a socket.
  constexpr std::size_t kOperationsMin = 13;
  for (const auto& sweep : kSweeps) {
    for (std::size_t severity = 0; severity <= kSeverities; ++severity) {
      const bool silent = severity == kSeverities;
      std::size_t operation = 0;
      while (operation < 200 && fail(sweep, {operation, silent ? 0 : severity, silent})) {
        ++operation;
      }
      BOOST_TEST(operation >= kOperationsMin);
      BOOST_TEST(operation < 200u);
    }
  }
}

// What a proxy does in place of granting a relay.
const auto kGreeted = std::string("\x05\x00", 2);
const std::vector<std::vector<std::string>> kRefusals{
    {},                                      // says nothing
    {""},                                    // hears the greeting, and ends
    {"\xff\xff"},                            // is no SOCKS5 proxy
    {std::string("\x05\xff", 2)},            // wants something that we do not have
    {kGreeted},                              // ends before its reply
    {kGreeted, std::string("\x05\x07", 2)},  // knows no UDP ASSOCIATE
    {kGreeted, std::string("\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", 10)},  // refuses
    {kGreeted, std::string("\x05\x00\x00\x01\xcb", 5)},                       // cut
    {kGreeted, std::string("\x05\x00\x00\x01\xcb\x00\x71\x14\x00\x00", 10)},  // has a relay nowhere
    {kGreeted, std::string("\x05\x00\x00\x09\xcb\x00\x71\x14\x00\x07", 10)},  // nonsense
};

net::Task<void> answer(net::StreamPtr stream, std::vector<std::string> lines, bool hold) {
  std::vector<std::byte> buffer(100);
  for (const auto& line : lines) {
    const auto got = co_await stream->read_some(buffer);
    if (!got || *got == 0) co_return;
    const auto bytes = bytes_of(line);
    if (!bytes.empty() && co_await net::write_all(*stream, bytes)) co_return;
  }
  while (hold) {
    const auto got = co_await stream->read_some(buffer);
    if (!got || *got == 0) co_return;
  }
}

net::Task<void> refuse(HopWorld& world, std::vector<std::string> lines, bool hold) {
  auto listener = world.hop.network().listen({address(HopWorld::kHop), 9000}, {}).value();
  for (;;) {
    auto stream = co_await listener->accept();
    if (!stream) co_return;
    world.hop.spawn(answer(std::move(*stream), lines, hold));
  }
}

BOOST_AUTO_TEST_CASE(a_proxy_that_gives_no_relay_is_helped_by_another_link_and_leaves_nothing) {
  for (const auto& lines : kRefusals) {
    for (const bool hold : {false, true}) {
      for (const auto* target : {HopWorld::kEcho, "v4.example:7"}) {
        BOOST_TEST_CONTEXT("refusal " << &lines - kRefusals.data() << (hold ? ", held" : ", ended")
                                      << ", " << target) {
          HopWorld helped({HopWorld::kScriptedUrl, "wifi"});
          helped.hop.spawn(refuse(helped, lines, hold));
          BOOST_TEST(helped.one_answer(target, 20s) == "203.0.113.10:7 hello");
          helped.check_nothing_is_left_anywhere();
          HopWorld alone({HopWorld::kScriptedUrl});
          alone.hop.spawn(refuse(alone, lines, hold));
          BOOST_TEST(alone.one_answer(target, 20s) == "nothing");
          alone.check_nothing_is_left_anywhere();
          BOOST_TEST(alone.counters().drops.total() == 1u);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(datagrams_to_a_relay_that_nobody_reaches_are_lost_and_leave_nothing) {
  // Where nobody is, where no route leads, a port that refuses.
  for (const auto* relay : {"203.0.113.99:7", "[2001:db8:99::1]:7", "203.0.113.20:7"}) {
    BOOST_TEST_CONTEXT(relay) {
      HopWorld world({HopWorld::kScriptedUrl});
      world.script([](auto header) { return Bytes(header.begin(), header.end()); },
                   endpoint(relay));
      const auto program = [&]() -> net::Task<void> {
        auto client = co_await associate(world.phone, kProxy);
        for (int i = 0; i < 3; ++i) {
          BOOST_TEST(co_await world.ask(client, HopWorld::kEcho, "x") == "nothing");
          BOOST_TEST(co_await world.ask(client, "hidden.example:7", "x") == "nothing");
        }
      };
      world.run(program());
      world.check_nothing_is_left_anywhere();
    }
  }
}

BOOST_AUTO_TEST_CASE(lost_datagrams_are_lost_and_the_others_pass_whole) {
  HopWorld world({kHopUrl});
  int whole = 0;
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, HopWorld::kEcho, "first") == "203.0.113.10:7 first");
    world.hop_line->up().set_loss(0.3);
    world.hop_line->down().set_loss(0.3);
    for (int i = 0; i < 200; ++i) {
      const auto text = std::to_string(i);
      const auto got = co_await world.ask(client, HopWorld::kEcho, text, 200ms);
      if (got != "nothing") BOOST_TEST(got == "203.0.113.10:7 " + text);
      if (got != "nothing") ++whole;
    }
  };
  world.run(program());
  // Four ways over the line, 0.7 each: a quarter of 200, within four standard deviations.
  BOOST_TEST(whole > 24);
  BOOST_TEST(whole < 73);
  world.check_nothing_is_left_anywhere();
}

BOOST_AUTO_TEST_CASE(a_control_connection_that_dies_in_silence_is_noticed_and_its_flows_move) {
  HopWorld world({kHopUrl, "wifi"});
  const auto program = [&]() -> net::Task<void> {
    auto client = co_await associate(world.phone, kProxy);
    BOOST_TEST(co_await world.ask(client, HopWorld::kEcho, "1") == "203.0.113.10:7 1");
    BOOST_TEST(world.heard.back().from.address.to_string() == HopWorld::kHop);
    world.hop_line->set_state(sim::LinkState::blackhole);
    // The client goes on, once a second; TCP keepalive takes two minutes to give the proxy up.
    int lost = 0;
    while (lost < 300 && world.heard.back().from.address.to_string() == HopWorld::kHop) {
      co_await world.ask(client, HopWorld::kEcho, "2");
      ++lost;
    }
    BOOST_TEST(lost > 30);
    BOOST_TEST(lost < 180);
  };
  world.run(program());
  world.simulation.run_for(1000s);
  world.hop_line->set_state(sim::LinkState::up);
  world.simulation.run_for(1000s);
  world.check_nothing_is_left_anywhere();
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy
