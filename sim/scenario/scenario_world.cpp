#include "sim/scenario/scenario_world.hpp"

#include "engine/link/policy/registry.hpp"
#include "engine/net/well_known_port.hpp"
#include "engine/traffic/udp_echo.hpp"
#include "sim/scenario/engine_options.hpp"
#include "sim/scenario/link_change.hpp"
#include "sim/scenario/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch::scenario {
namespace {

const std::string kMachine = "client";
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
  for (const auto& address : name_server_addresses()) endpoints.push_back({address, net::kDnsPort});
  return endpoints;
}

}  // namespace

std::unique_ptr<link::LinkSet> make_link_set(sim::Host& host,
                                             const std::vector<link::LinkSpec>& specs,
                                             const link::PolicyChoice& policy) {
  const auto interfaces = host.interfaces().list();
  if (!interfaces) throw std::runtime_error("interfaces: " + interfaces.error().message());
  return std::make_unique<link::LinkSet>(link::make_links(specs, *interfaces, host.network()),
                                         policy.make);
}

ScenarioWorld::ScenarioWorld(const Scenario& scenario, std::uint64_t seed)
    : scenario_(scenario), simulation_(seed), world_(simulation_) {
  for (std::size_t i = 0; i <= scenario.machines.size(); ++i) {
    const auto name = i == 0 ? kMachine : "machine/" + scenario.machines[i - 1].name;
    auto& dispatch = *dispatches_.emplace_back(std::make_unique<Dispatch>());
    dispatch.host = &world_.add_host(name, machine_options(i));
  }
  if (scenario.fleet) {
    for (std::size_t i = 0; i < scenario.hosts.size(); ++i) {
      if (scenario.hosts[i].name != scenario.fleet->coordinator) continue;
      fleet_ =
          std::make_unique<FleetPrograms>(*scenario.fleet, addresses_of_host(scenario, i).front());
    }
  }
  add_links();
  add_lans();
  add_hosts();
  if (scenario.dns) add_name_server();
  add_portal();
  for (std::size_t i = 0; i < dispatches_.size(); ++i) start_engine(i);
  for (std::size_t i = 0; i < scenario.machines.size(); ++i) {
    start_fleet_on(scenario.machines[i].name, *dispatches_[i + 1]->host, {});
  }
  find_ways();
}

sim::HostOptions ScenarioWorld::machine_options(std::size_t machine) const {
  sim::HostOptions options;
  const auto& dns = engine_of(scenario_, machine).dns;
  if (scenario_.dns) options.nameservers = name_server_endpoints();
  if (!dns.empty()) options.nameservers = dns;
  options.tcp.congestion = scenario_.congestion;
  options.tcp.ecn = scenario_.ecn;
  return options;
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
    links_.push_back(&world_.attach(machine_of(i), interface_of(spec),
                                    addresses_of_link(scenario_, i), options));
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

void ScenarioWorld::start_fleet_on(const std::string& name, sim::Host& host,
                                   const std::vector<net::Address>& addresses) {
  if (!fleet_) return;
  const auto failure = fleet_->start_on(name, host, addresses);
  if (failure.empty()) return;
  throw ScenarioError(scenario_.source, scenario_.fleet->position,
                      fmt::format("\"{}\" cannot serve the fleet: {}", name, failure));
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
  start_fleet_on(spec.name, host, addresses);
  add_proxies(index, host);
  for (const auto port : spec.echoes) {
    for (const auto& address : addresses) {
      host.spawn(traffic::echo_datagrams(host, {address, port}));
    }
  }
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

sim::Host* ScenarioWorld::host_named(std::string_view name) const {
  for (std::size_t i = 0; i < scenario_.hosts.size(); ++i) {
    if (scenario_.hosts[i].name == name) return hosts_[i];
  }
  return nullptr;
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
    host.spawn(name_server_->serve({address, net::kDnsPort}));
    host.spawn(name_server_->serve_streams({address, net::kDnsPort}));
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

}  // namespace dispatch::scenario
