#include "tests/unit/proxy/fault_world.hpp"

#include <fmt/format.h>

namespace dispatch::proxy {
namespace {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time

// Longer than any time-out of the proxy, and than TIME_WAIT and the retries of a lost FIN.
constexpr net::Duration kRest = 20min;
constexpr net::Duration kClientLimit = 30min;

net::Prefix prefix(std::string_view text) {
  return net::parse_prefix(text).value();
}

sim::LinkOptions line(net::Duration delay) {
  sim::DirectionOptions both;
  both.rate = sim::DataRate::bits_per_second(20'000'000);
  both.delay = delay;
  return sim::LinkOptions::symmetric(both);
}

ServerOptions options_for(const Session& session) {
  ServerOptions options;
  options.handshake_timeout = 10s;
  options.bind_timeout = 60s;
  options.silence.idle = 5min;
  // One place: a second session is served only when the first one's has been given back.
  options.admission.connections_max = 1;
  if (session.with_password) options.accounts.add("fred", "secret");
  return options;
}

}  // namespace

FaultWorld::FaultWorld(const Session& session, std::uint64_t seed)
    : simulation(seed),
      world(simulation),
      client_host(world.add_host("client")),
      proxy_host(world.add_host("proxy")),
      target_host(world.add_host("target")),
      client(client_host, ledgers[0]),
      proxy(proxy_host, ledgers[1]),
      target(target_host, ledgers[2]),
      session_(session) {
  world.attach(client_host, "eth0", {prefix("10.0.0.2/24")}, line(1ms));
  world.attach(proxy_host, "wifi", {prefix("192.0.2.2/24")}, line(5ms));
  world.attach(proxy_host, "lte", {prefix("198.51.100.2/24")}, line(15ms));
  world.attach(proxy_host, "lan", {prefix("10.0.0.1/24")}, line(1ms));
  world.attach(target_host, "eth0", {prefix("203.0.113.10/24")}, line(5ms));
  proxy_host.add_host_name("target.example", {kTarget});
  std::vector<link::LinkSpec> specs;
  for (const auto* name : {"wifi", "lte"}) specs.push_back(link::parse_link_spec(name));
  const auto interfaces = proxy_host.interfaces().list().value();
  links.emplace(link::make_links(specs, interfaces, proxy_host.network()),
                [] { return std::make_unique<link::SmoothWeightedRoundRobin>(); });
  server.emplace(proxy, *links, options_for(session));
  if (!server->listen(kProxy)) throw std::runtime_error("the proxy cannot listen");
  server->start();
  if (session.target != nullptr) target_host.spawn(accept(*this));
  simulation.run_for(kRest);
  events_at_rest_ = simulation.pending_events();
  for (auto& each : ledgers) each.operations = 0;
}

net::Task<void> FaultWorld::accept(FaultWorld& self) {
  const net::Endpoint local{net::any_address(net::Family::v4), kTargetPort};
  auto listener = self.target_host.network().listen(local, {}).value();
  for (;;) {
    auto stream = co_await listener->accept();
    if (!stream) co_return;
    // The listener is not the one that fails: an origin server that does not come is no proxy's.
    self.target_host.spawn(serve(self, std::move(*stream)));
  }
}

net::Task<void> FaultWorld::serve(FaultWorld& self, net::StreamPtr stream) {
  ++self.targets_served_;
  auto faulty =
      faulty_stream(std::move(stream), self.ledger(Party::target), self.target_host.executor());
  co_await self.session_.target(self, std::move(faulty), self.played_);
  --self.targets_served_;
}

net::Task<void> FaultWorld::run_client(FaultWorld& self, bool& ended) {
  co_await self.session_.client(self, self.played_);
  ended = true;
}

Played FaultWorld::play(const std::function<void()>& between) {
  played_ = {};
  bool ended = false;
  client_host.spawn(run_client(*this, ended));
  const auto limit = simulation.now() + kClientLimit;
  do {
    between();
  } while (!ended && simulation.now() < limit && simulation.step());
  if (!ended) played_.broken.emplace_back("the client is kept waiting for ever");
  const auto rest = simulation.now() + kRest;
  do {
    between();
  } while (simulation.now() < rest && simulation.step());
  simulation.run_for(1ms);  // what the last event has made ready
  return played_;
}

std::vector<std::string> FaultWorld::left_over() {
  std::vector<std::string> left;
  const auto expect = [&](std::string_view what, std::size_t is, std::size_t should_be) {
    if (is != should_be) left.push_back(fmt::format("{}: {}, not {}", what, is, should_be));
  };
  const auto& ledger_of_proxy = ledger(Party::proxy);
  expect("live connections", server->counters().live, 0);
  expect("streams of the proxy", ledger_of_proxy.streams, 0);
  expect("listeners of the proxy", ledger_of_proxy.listeners, 1);
  expect("operations of the proxy", ledger_of_proxy.under_way, 0);
  expect("sockets of the proxy", proxy_host.tcp_sockets(), 0);
  expect("sockets of the target", target_host.tcp_sockets(), 0);
  expect("sockets of the client", client_host.tcp_sockets(), 0);
  expect("connections that the target still serves", targets_served_, 0);
  expect("timers and packets", simulation.pending_events(), events_at_rest_);
  for (const auto& link : links->links()) {
    expect(fmt::format("connections of {}", link->name()), link->counters().live, 0);
  }
  return left;
}

}  // namespace dispatch::proxy
