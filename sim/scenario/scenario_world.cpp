#include "sim/scenario/scenario_world.hpp"

#include "engine/link/policy/registry.hpp"
#include "sim/scenario/engine_options.hpp"
#include "sim/scenario/link_change.hpp"
#include "sim/scenario/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch::scenario {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr const char* kMachine = "client";
constexpr const char* kNameServer = "dns-server";

std::vector<net::Prefix> with_length(const std::vector<net::Address>& addresses) {
  std::vector<net::Prefix> prefixes;
  for (const auto& address : addresses) {
    prefixes.push_back({address, static_cast<std::uint8_t>(address.is_v6() ? 64 : 24)});
  }
  return prefixes;
}

std::vector<net::Endpoint> name_server_endpoints() {
  std::vector<net::Endpoint> endpoints;
  for (const auto& address : name_server_addresses()) endpoints.push_back({address, kDnsPort});
  return endpoints;
}

std::unique_ptr<link::LinkSet> make_link_set(sim::Host& host,
                                             const std::vector<link::LinkSpec>& specs,
                                             const link::PolicyChoice& policy) {
  const auto interfaces = host.interfaces().list();
  if (!interfaces) throw std::runtime_error("interfaces: " + interfaces.error().message());
  return std::make_unique<link::LinkSet>(link::make_links(specs, *interfaces, host.network()),
                                         policy.make);
}

}  // namespace

ScenarioWorld::ScenarioWorld(const Scenario& scenario, std::uint64_t seed)
    : scenario_(scenario), simulation_(seed), world_(simulation_) {
  sim::HostOptions options;
  if (scenario.dns) options.nameservers = name_server_endpoints();
  if (!scenario.engine.dns.empty()) options.nameservers = scenario.engine.dns;
  options.tcp.congestion = scenario.congestion;
  options.tcp.ecn = scenario.ecn;
  machine_ = &world_.add_host(kMachine, options);
  add_links();
  add_hosts();
  if (scenario.dns) add_name_server();
  add_portal();
  start_engine();
}

void ScenarioWorld::add_links() {
  for (std::size_t i = 0; i < scenario_.links.size(); ++i) {
    const auto& spec = scenario_.links[i];
    sim::LinkOptions options;
    options.down = options_of(spec.down);
    options.up = options_of(spec.up);
    options.half_duplex = spec.half_duplex;
    options.mtu = spec.mtu;
    options.path_mtu = spec.path_mtu;
    options.pmtu_black_hole = spec.pmtu_black_hole;
    links_.push_back(
        &world_.attach(*machine_, spec.name, addresses_of_link(scenario_, i), options));
    start_schedule(simulation_, *links_.back(), spec.schedule);
    addresses_.push_back(addresses_of_link(scenario_, i));
    taken_.emplace_back();
    rebindings_.push_back(0);
    link_dns_.push_back(spec.dns);
    add_access(i);
  }
}

void ScenarioWorld::add_hosts() {
  for (std::size_t i = 0; i < scenario_.hosts.size(); ++i) {
    const auto& spec = scenario_.hosts[i];
    // Apart from the machine's name, whatever the user calls it.
    sim::HostOptions options;
    if (scenario_.dns) options.nameservers = name_server_endpoints();
    options.tcp.congestion = spec.congestion.value_or(scenario_.congestion);
    options.tcp.ecn = spec.ecn.value_or(scenario_.ecn);
    auto& host = *hosts_.emplace_back(&world_.add_host("host/" + spec.name, options));
    const auto addresses = addresses_of_host(scenario_, i);
    sim::DirectionOptions access;
    access.delay = spec.delay;
    const auto both = sim::LinkOptions::symmetric(access);
    reboots_.push_back(0);
    off_.push_back(false);
    host_lines_.push_back(&world_.attach(host, "eth0", with_length(addresses), both));
    start_programs(i);
  }
}

// The objects of programs that have gone stay: what they had is destroyed with the world.
void ScenarioWorld::start_programs(std::size_t index) {
  const auto& spec = scenario_.hosts[index];
  auto& host = *hosts_[index];
  const auto addresses = addresses_of_host(scenario_, index);
  auto& origin = *origins_.emplace_back(std::make_unique<traffic::Origin>(host, scenario_.content));
  for (const auto& address : addresses) {
    for (const auto& [port, accept_proxy] : spec.http) {
      const auto listening = origin.listen({address, port}, accept_proxy);
      if (!listening) {
        throw ScenarioError(scenario_.source, spec.position,
                            fmt::format("host \"{}\" cannot serve at port {}: {}", spec.name, port,
                                        listening.error().message()));
      }
    }
  }
  origin.start();
  add_proxies(index, host);
  for (const auto& [port, behaviour] : spec.name_servers) {
    auto& server = *host_name_servers_.emplace_back(index, make_name_server(host)).second;
    server.set_behaviour(behaviour);
    for (const auto& address : addresses) {
      host.spawn(server.serve({address, port}));
      host.spawn(server.serve_streams({address, port}));
    }
  }
  for (std::size_t i = 0; i < scenario_.links.size(); ++i) set_link_dns(i, link_dns_[i]);
}

void ScenarioWorld::add_proxies(std::size_t index, sim::Host& host) {
  const auto& spec = scenario_.hosts[index];
  for (const auto& each : spec.proxies) {
    auto& links = *upstream_links_.emplace_back(make_link_set(host, {}, link::default_policy()));
    proxy::ServerOptions options;
    options.accounts = accounts_of(each.users);
    if (each.tls) options.tls = shown_by(index, *each.tls);
    auto& server = *upstreams_.emplace_back(std::make_unique<proxy::Server>(host, links, options));
    for (const auto& address : addresses_of_host(scenario_, index)) {
      proxy::ListenerSpec at;
      at.endpoint = {address, each.port};
      at.entrance.tls_only = each.tls.has_value();
      const auto listening = server.open(at);
      if (listening) continue;
      throw ScenarioError(scenario_.source, spec.position,
                          fmt::format("host \"{}\" cannot serve at port {}: {}", spec.name,
                                      each.port, listening.error().message()));
    }
    server.start();
  }
}

void ScenarioWorld::add_name_server() {
  auto& host = world_.add_host(kNameServer);
  const auto addresses = name_server_addresses();
  world_.attach(host, "eth0", with_length(addresses), {});
  name_server_ = make_name_server(host);
  name_server_->set_behaviour({scenario_.dns->fault});
  for (const auto& address : addresses) {
    host.spawn(name_server_->serve({address, kDnsPort}));
    host.spawn(name_server_->serve_streams({address, kDnsPort}));
  }
  for (std::size_t i = 0; i < scenario_.links.size(); ++i) set_link_dns(i, link_dns_[i]);
}

std::unique_ptr<sim::DnsServer> ScenarioWorld::make_name_server(sim::Host& host) const {
  auto server = std::make_unique<sim::DnsServer>(host);
  server->set_delay(scenario_.dns->delay);
  for (const auto& record : scenario_.dns->records) {
    switch (record.outcome) {
      case DnsOutcome::answer:
        server->add(record.name, addresses_of_record(scenario_, record));
        break;
      case DnsOutcome::servfail:
        server->add_failure(record.name);
        break;
      case DnsOutcome::nxdomain:
        break;  // as every name that is not there
    }
  }
  return server;
}

void ScenarioWorld::start_engine() {
  std::vector<link::LinkSpec> specs;
  for (const auto& start : scenario_.engine.start) specs.push_back(link_spec_of(start));
  name_upstreams(specs);
  trust_upstreams(specs);
  link_set_ = make_link_set(*machine_, specs, link::parse_policy(scenario_.engine.policy.text));
  find_ways();
  listeners_ = listeners_of(scenario_.engine);
  auto options = server_options_of(scenario_.engine);
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  bool within_tls = false;
  for (const auto& each : listeners_) {
    names.push_back(net::to_string(each.endpoint.address));
    within_tls = within_tls || each.entrance.tls_only;
  }
  if (within_tls) options.tls = certificates_.server(names);
  server_ = std::make_unique<proxy::Server>(*machine_, *link_set_, std::move(options));
  open_listeners();
  server_->start();
  follower_ =
      std::make_unique<link::LinkFollower>(*machine_, *link_set_, link::automatic_spec(specs));
  beside_ = std::make_unique<net::TaskGroup>(machine_->executor(), nullptr);
  beside_->spawn(follower_->run());
  newcomers_ = link_set_->watch(machine_->executor(), [this](link::Link& link) {
    if (link.attachment() && link.attachment()->automatic) list_way_of(link);
  });
}

void ScenarioWorld::open_listeners() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const auto opened = server_->open(listeners_[i]);
    if (opened) continue;
    const auto& written = scenario_.engine.listen;
    throw ScenarioError(
        scenario_.source, i < written.size() ? written[i].position : Position{},
        fmt::format("the proxy cannot listen at {}: {}", net::to_string(listeners_[i].endpoint),
                    opened.error().message()));
  }
}

// Without a name, of all by which the host may be called.
std::shared_ptr<const tls::Context> ScenarioWorld::shown_by(std::size_t host,
                                                            const std::string& name) {
  if (!name.empty()) return certificates_.server(std::array{name});
  std::vector<std::string> names{scenario_.hosts[host].name};
  const auto own = addresses_of_host(scenario_, host);
  for (const auto& address : own) names.push_back(net::to_string(address));
  if (scenario_.dns) {
    for (const auto& record : scenario_.dns->records) {
      const auto addresses = addresses_of_record(scenario_, record);
      if (std::find_first_of(addresses.begin(), addresses.end(), own.begin(), own.end()) !=
          addresses.end()) {
        names.push_back(record.name);
      }
    }
  }
  return certificates_.server(names);
}

void ScenarioWorld::trust_upstreams(std::vector<link::LinkSpec>& specs) {
  for (auto& spec : specs) {
    if (!spec.upstream || spec.upstream->protocol != link::UpstreamProtocol::https) continue;
    auto believed = spec.insecure ? nullptr : certificates_.client();
    // Where nobody has a certificate, everyone who shows one is an impostor.
    if (!believed && !spec.insecure) believed = tls::Context::client_of_system();
    spec.upstream->tls = believed ? std::move(believed) : tls::Context::client_of_anyone();
  }
}

// A proxy may be called by its host's name in the scenario.
void ScenarioWorld::name_upstreams(const std::vector<link::LinkSpec>& specs) {
  for (const auto& spec : specs) {
    if (!spec.upstream) continue;
    for (std::size_t i = 0; i < scenario_.hosts.size(); ++i) {
      const auto& name = scenario_.hosts[i].name;
      if (spec.upstream->host != std::variant<net::Address, std::string>(name)) continue;
      machine_->add_host_name(name, addresses_of_host(scenario_, i));
    }
  }
}

void ScenarioWorld::list_way_of(const link::Link& link) {
  if (link.upstream()) {
    ways_.push_back({link.name(), nullptr, {&link}});
    return;
  }
  const auto& by = link.attachment().value();
  const auto target = by.address ? by.address->to_string() : by.interface;
  auto& engine = ways_[link_of(scenario_, target).value()].engine;
  if (std::ranges::find(engine, &link) == engine.end()) engine.push_back(&link);
}

void ScenarioWorld::find_ways() {
  for (std::size_t i = 0; i < scenario_.links.size(); ++i) {
    ways_.push_back({scenario_.links[i].name, links_[i]});
  }
  for (const auto* link : link_set_->links()) list_way_of(*link);
  if (!scenario_.engine.routes.empty()) {
    ways_.push_back({std::string(kDirect), nullptr, {&link_set_->direct()}});
  }
}

}  // namespace dispatch::scenario
