#include "sim/scenario/engine_options.hpp"

#include "sim/scenario/plan.hpp"

#include <algorithm>

namespace dispatch::scenario {
namespace {

constexpr EngineTime kTimes[] = {
    {"dns_cache", &EngineSpec::dns_cache, true},
    {"connect_timeout", &EngineSpec::connect_timeout, false},
    {"probe_interval", &EngineSpec::probe_interval, false},
    {"dead_link_timeout", &EngineSpec::dead_link_timeout, true},
    {"handshake_timeout", &EngineSpec::handshake_timeout, false},
    {"idle_timeout", &EngineSpec::idle_timeout, true},
    {"half_open_timeout", &EngineSpec::half_open_timeout, true},
    {"tcp_keepalive", &EngineSpec::tcp_keepalive, true},
    {"keep_alive_timeout", &EngineSpec::keep_alive_timeout, false},
    {"bind_timeout", &EngineSpec::bind_timeout, false},
    {"udp_timeout", &EngineSpec::udp_timeout, false},
};

}  // namespace

std::span<const EngineTime> engine_times() {
  return kTimes;
}

proxy::Accounts accounts_of(const std::vector<UserSpec>& users) {
  proxy::Accounts accounts;
  for (const auto& user : users) accounts.add(user.name, user.password);
  return accounts;
}

link::LinkSpec link_spec_of(const EngineSpec::Text& start) {
  auto spec = link::parse_link_spec(start.text);
  if (!spec.password_file.empty() || !spec.password_variable.empty()) {
    throw net::ConfigError("a scenario stands by itself: write the password into the URL");
  }
  if (!spec.ca_file.empty()) {
    throw net::ConfigError(
        "a scenario stands by itself: its certificates are believed without ca=");
  }
  return spec;
}

proxy::ListenerSpec listener_of(const EngineSpec::Text& listen) {
  auto spec = proxy::parse_listener_spec(listen.text);
  if (!spec.path.empty()) {
    throw net::ConfigError("a scenario has no files: listen at an address and a port");
  }
  if (spec.endpoint.port == 0) {
    throw net::ConfigError("the proxy needs a port from 1 to 65535");
  }
  return spec;
}

std::vector<proxy::ListenerSpec> listeners_of(const Scenario& scenario, std::size_t machine) {
  const auto& engine = engine_of(scenario, machine);
  std::vector<proxy::ListenerSpec> specs;
  for (const auto& listen : engine.listen) specs.push_back(listener_of(listen));
  const auto address = has_clients(scenario, machine) ? net::any_address(net::Family::v4)
                                                      : net::loopback_address(net::Family::v4);
  if (specs.empty()) specs.push_back({{address, engine.port}});
  return specs;
}

proxy::ServerOptions server_options_of(const EngineSpec& engine) {
  proxy::ServerOptions options;
  options.dial.timeout = engine.connect_timeout;
  options.dial.slow_attempt = engine.slow_attempt;
  for (const auto& probe : engine.probe) {
    options.monitor.targets.push_back(link::parse_probe_spec(probe.text));
  }
  options.monitor.interval = engine.probe_interval;
  options.monitor.probes = !engine.no_probes;
  options.health = !engine.no_health;
  options.dead_link_timeout = engine.dead_link_timeout;
  auto& names = options.dial.names;
  names.ttl_max = engine.dns_cache;
  names.negative_ttl = std::min(names.negative_ttl, names.ttl_max);
  for (const auto& rule : engine.routes) {
    options.dial.routes.push_back(proxy::parse_route_rule(rule.text));
  }
  options.accounts = accounts_of(engine.users);
  options.send_proxy = engine.send_proxy;
  options.admission.allowed = engine.allow;
  options.admission.connections_max = engine.max_connections;
  options.admission.connections_per_max = engine.max_per_client;
  options.connections_per_target_max = engine.max_per_target;
  options.client_rates = link::parse_rate_limits(engine.client_rate.text);
  options.handshake_timeout = engine.handshake_timeout;
  options.silence.idle = engine.idle_timeout;
  options.silence.half_open = engine.half_open_timeout;
  options.tcp_keep_alive.reset();
  if (engine.tcp_keepalive != Duration::zero()) {
    options.tcp_keep_alive = net::KeepAlive::after(engine.tcp_keepalive);
  }
  options.keep_alive_timeout = engine.keep_alive_timeout;
  options.bind_timeout = engine.bind_timeout;
  options.udp.flow_timeout = engine.udp_timeout;
  options.udp.one_link = engine.udp_one_link;
  options.udp.only_from_targets = engine.udp_only_answers;
  return options;
}

std::vector<std::string> engine_link_names(const Scenario& scenario, std::size_t machine) {
  std::vector<std::string> names;
  for (const auto& start : engine_of(scenario, machine).start) {
    names.push_back(name_of(link_spec_of(start)));
  }
  if (names.empty()) {
    for (const auto& link : scenario.links) {
      if (link.machine == machine) names.push_back(interface_of(link));
    }
  }
  return names;
}

std::vector<std::string> other_ways(const Scenario& scenario) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= scenario.machines.size(); ++i) {
    const auto prefix = prefix_of(scenario, i);
    const auto& engine = engine_of(scenario, i);
    for (const auto& start : engine.start) {
      const auto spec = link_spec_of(start);
      if (spec.upstream) names.push_back(prefix + name_of(spec));
    }
    if (!engine.routes.empty()) names.push_back(prefix + std::string(kDirect));
  }
  return names;
}

}  // namespace dispatch::scenario
