#include "tests/unit/proxy/fault_world.hpp"

#include "engine/tls/stream.hpp"
#include "tests/unit/tls/certificate.hpp"

#include <fmt/format.h>

#include <array>

namespace dispatch::proxy {
namespace {

using namespace std::chrono_literals;  // NOLINT: tests speak of times all the time

// Longer than any time-out of the proxy, and than TIME_WAIT and the retries of a lost FIN.
constexpr net::Duration kRest = 20min;
constexpr net::Duration kClientLimit = 30min;

constexpr const char* kPath = "/run/dispatch.sock";

net::Prefix prefix(std::string_view text) {
  return net::parse_prefix(text).value();
}

net::Endpoint endpoint(std::string_view text) {
  return net::parse_endpoint(text).value();
}

sim::LinkOptions line(net::Duration delay) {
  sim::DirectionOptions both;
  both.rate = sim::DataRate::bits_per_second(20'000'000);
  both.delay = delay;
  return sim::LinkOptions::symmetric(both);
}

const tls::Identity& identity() {
  static const auto once = tls::make_identity("proxy.example");
  return once;
}

ServerOptions options_for(const Setup& setup) {
  ServerOptions options;
  options.handshake_timeout = 10s;
  options.bind_timeout = 60s;
  options.silence.idle = 5min;
  // One place: a second session is served only when the first one's has been given back.
  options.admission.connections_max = 1;
  if (setup.with_password) options.accounts.add("fred", "secret");
  if (setup.tls) options.tls = tls::Context::server(identity().certificate, identity().key);
  if (setup.accept_proxy) options.trusted_proxies = {prefix("10.0.0.0/24")};
  if (!setup.route.empty()) options.dial.routes.push_back(parse_route_rule(setup.route));
  options.send_proxy = setup.send_proxy;
  return options;
}

std::vector<link::LinkSpec> links_for(const Setup& setup) {
  std::vector<link::LinkSpec> specs;
  for (const auto* name : {"wifi", "lte"}) {
    if (setup.upstream.empty()) {
      specs.push_back(link::parse_link_spec(name));
      continue;
    }
    // SOCKS4 has no passwords.
    const auto* user = setup.upstream == "socks4a" ? "" : "kim:secret@";
    const auto* host = setup.upstream == "https" ? "proxy.example" : "203.0.113.20";
    auto& spec = specs.emplace_back(link::parse_link_spec(
        fmt::format("by-{}={}://{}{}:1080,via={}", name, setup.upstream, user, host, name)));
    if (setup.upstream == "https") {
      spec.upstream->tls = tls::Context::client(identity().certificate);
    }
  }
  return specs;
}

void make_links(std::optional<link::LinkSet>& links, sim::Host& host,
                std::vector<link::LinkSpec> specs) {
  const auto interfaces = host.interfaces().list().value();
  links.emplace(link::make_links(specs, interfaces, host.network()),
                [] { return std::make_unique<link::SmoothWeightedRoundRobin>(); });
}

}  // namespace

FaultWorld::FaultWorld(const Session& session, std::uint64_t seed)
    : simulation(seed),
      world(simulation),
      client_host(world.add_host("client")),
      proxy_host(world.add_host("proxy")),
      target_host(world.add_host("target")),
      hop_host(world.add_host("hop")),
      client(client_host, ledgers[0]),
      proxy(proxy_host, ledgers[1]),
      target(target_host, ledgers[2]),
      local_client(proxy_host, ledgers[0]),
      session_(session) {
  attach_hosts();
  if (!session.setup.upstream.empty()) start_hop();
  start_proxy();
  if (session.target != nullptr) target_host.spawn(accept(*this));
  simulation.run_for(kRest);
  events_at_rest_ = simulation.pending_events();
  for (auto& each : ledgers) each.operations = 0;
}

void FaultWorld::attach_hosts() {
  world.attach(client_host, "eth0", {prefix("10.0.0.2/24")}, line(1ms));
  world.attach(proxy_host, "wifi", {prefix("192.0.2.2/24")}, line(5ms));
  world.attach(proxy_host, "lte", {prefix("198.51.100.2/24")}, line(15ms));
  world.attach(proxy_host, "lan", {prefix("10.0.0.1/24")}, line(1ms));
  world.attach(target_host, "eth0", {prefix("203.0.113.10/24")}, line(5ms));
  world.attach(hop_host, "eth0", {prefix("203.0.113.20/24")}, line(2ms));
  for (auto* host : {&proxy_host, &hop_host}) host->add_host_name("target.example", {kTarget});
  proxy_host.add_host_name("proxy.example", {net::AddressV4({203, 0, 113, 20})});
}

void FaultWorld::start_proxy() {
  const auto& setup = session_.setup;
  make_links(links, proxy_host, links_for(setup));
  server.emplace(proxy, *links, options_for(setup));
  ListenerSpec spec;
  spec.endpoint = kProxy;
  if (setup.local) spec.path = kPath;
  spec.entrance.tls_only = setup.tls;
  spec.entrance.accept_proxy = setup.accept_proxy.has_value();
  if (!server->open(spec)) throw std::runtime_error("the proxy cannot listen");
  server->start();
}

void FaultWorld::start_hop() {
  make_links(hop_links, hop_host, {link::parse_link_spec("eth0")});
  ServerOptions options;
  if (session_.setup.upstream != "socks4a") options.accounts.add("kim", "secret");
  if (session_.setup.upstream == "https") {
    options.tls = tls::Context::server(identity().certificate, identity().key);
  }
  hop_server.emplace(hop_host, *hop_links, options);
  if (!hop_server->listen(endpoint("203.0.113.20:1080"))) {
    throw std::runtime_error("the upstream proxy cannot listen");
  }
  hop_server->start();
}

net::Task<net::StreamPtr> FaultWorld::reach_proxy() {
  const auto& setup = session_.setup;
  net::Result<net::StreamPtr> stream = net::StreamPtr();
  if (setup.local) {
    stream = local_client.network().connect_local(kPath);
  } else {
    stream = co_await client.network().connect(kProxy, net::kAnyEgress);
  }
  if (!stream) co_return nullptr;
  if (setup.accept_proxy) {
    const proxy_protocol::Addresses addresses{endpoint("198.51.100.7:7777"), kProxy};
    const auto header = proxy_protocol::encode(*setup.accept_proxy, addresses);
    if (co_await net::write_all(**stream, header)) {
      (*stream)->abort();
      co_return nullptr;
    }
  }
  if (!setup.tls) co_return std::move(*stream);
  static const auto context = tls::Context::client(identity().certificate);
  auto secured =
      co_await tls::Stream::connect(client, context, std::move(*stream), "proxy.example");
  if (!secured) co_return nullptr;
  co_return std::move(*secured);
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
  auto faulty = faulty_stream(std::move(stream), self.ledger(Party::target), self.target_host);
  const bool begins = co_await take_header(self, *faulty);
  if (begins) co_await self.session_.target(self, std::move(faulty), self.played_);
  --self.targets_served_;
}

// Whether what comes before the stream has come whole, and is what the proxy was to say.
net::Task<bool> FaultWorld::take_header(FaultWorld& self, net::Stream& stream) {
  const auto version = self.session_.setup.send_proxy;
  std::vector<std::byte> header;
  while (version) {
    std::array<std::byte, 1> next;
    const auto got = co_await stream.read_some(next);
    if (!got) stream.abort();
    if (!got || *got == 0) co_return false;
    header.push_back(next[0]);
    const auto decoded = proxy_protocol::decode(header);
    if (decoded.progress == Progress::incomplete) continue;
    const auto& addresses = decoded.message.addresses;
    const bool right = decoded.progress == Progress::complete &&
                       decoded.message.version == *version && addresses &&
                       addresses->source.address.to_string() == "10.0.0.2" &&
                       decoded.message.rest == 0;
    if (!right) self.played_.broken.emplace_back("the target was told of somebody else");
    co_return right;
  }
  co_return true;
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
  expect("streams of the client", ledger(Party::client).streams, 0);
  expect("listeners of the proxy", ledger_of_proxy.listeners, 1);
  expect("operations of the proxy", ledger_of_proxy.under_way, 0);
  expect("sockets of the proxy", proxy_host.tcp_sockets(), 0);
  expect("sockets of the target", target_host.tcp_sockets(), 0);
  expect("sockets of the client", client_host.tcp_sockets(), 0);
  expect("connections that the target still serves", targets_served_, 0);
  expect("timers and packets", simulation.pending_events(), events_at_rest_);
  expect("sockets of the upstream proxy", hop_host.tcp_sockets(), 0);
  if (hop_server) expect("connections of the upstream proxy", hop_server->counters().live, 0);
  expect("direct connections", links->direct().counters().live, 0);
  for (const auto& link : links->links()) {
    expect(fmt::format("connections of {}", link->name()), link->counters().live, 0);
    expect(fmt::format("dials of {}", link->name()), link->counters().dialling, 0);
  }
  return left;
}

}  // namespace dispatch::proxy
