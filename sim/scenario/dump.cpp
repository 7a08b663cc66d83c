#include "sim/scenario/dump.hpp"

#include "sim/scenario/dump_parts.hpp"
#include "sim/scenario/plan.hpp"

namespace dispatch::scenario {
namespace {

void links_entry(YAML::Emitter& out, const Scenario& scenario, std::size_t machine) {
  out << YAML::Key << "links" << YAML::Value << YAML::BeginMap;
  for (std::size_t i = 0; i < scenario.links.size(); ++i) {
    if (scenario.links[i].machine == machine) dump_link(out, scenario, i);
  }
  out << YAML::EndMap;
}

void machines_entry(YAML::Emitter& out, const Scenario& scenario) {
  out << YAML::Key << "machines" << YAML::Value << YAML::BeginMap;
  for (std::size_t i = 0; i < scenario.machines.size(); ++i) {
    out << YAML::Key << scenario.machines[i].name << YAML::Value << YAML::BeginMap;
    links_entry(out, scenario, i + 1);
    dump_engine(out, scenario, i + 1);
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
}

void clients_entry(YAML::Emitter& out, const Scenario& scenario) {
  out << YAML::Key << "clients" << YAML::Value << YAML::BeginMap;
  for (const auto& clients : scenario.clients) {
    out << YAML::Key << clients.name << YAML::Value << YAML::Flow << YAML::BeginMap;
    if (!clients.of.empty()) dump_entry(out, "of", clients.of);
    dump_entry(out, "count", clients.count);
    dump_entry(out, "rate", to_string(clients.rate));
    dump_entry(out, "delay", to_string(clients.delay));
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
}

void services_entry(YAML::Emitter& out, const HostSpec& host) {
  for (const auto& [port, accept_proxy] : host.http) {
    out << YAML::BeginMap;
    dump_entry(out, "http", port);
    if (accept_proxy) dump_entry(out, "accept_proxy", true);
    out << YAML::EndMap;
  }
  for (const auto& proxy : host.proxies) {
    out << YAML::BeginMap;
    dump_entry(out, "proxy", proxy.port);
    dump_users(out, proxy.users);
    if (proxy.tls && proxy.tls->empty()) dump_entry(out, "tls", true);
    if (proxy.tls && !proxy.tls->empty()) dump_entry(out, "tls", *proxy.tls);
    out << YAML::EndMap;
  }
  for (const auto port : host.echoes) {
    out << YAML::BeginMap;
    dump_entry(out, "echo", port);
    out << YAML::EndMap;
  }
  for (const auto& server : host.name_servers) {
    out << YAML::BeginMap;
    dump_entry(out, "dns", server.port);
    if (server.behaviour.fault != sim::DnsFault::none) {
      dump_entry(out, "fault", std::string(to_string(server.behaviour.fault)));
    }
    if (server.behaviour.delay) dump_entry(out, "delay", to_string(*server.behaviour.delay));
    out << YAML::EndMap;
  }
}

const char* text_of(sim::tcp::CongestionAlgorithm algorithm) {
  switch (algorithm) {
    case sim::tcp::CongestionAlgorithm::reno:
      return "reno";
    case sim::tcp::CongestionAlgorithm::bbr:
      return "bbr";
    case sim::tcp::CongestionAlgorithm::cubic:
      break;
  }
  return "cubic";
}

const char* text_of(sim::tcp::EcnPolicy policy) {
  switch (policy) {
    case sim::tcp::EcnPolicy::off:
      return "off";
    case sim::tcp::EcnPolicy::on:
      return "on";
    case sim::tcp::EcnPolicy::passive:
      break;
  }
  return "passive";
}

const char* text_of(traffic::Content content) {
  return content == traffic::Content::counted ? "counted" : "checked";
}

void hosts_entry(YAML::Emitter& out, const Scenario& scenario) {
  out << YAML::Key << "hosts" << YAML::Value << YAML::BeginMap;
  for (std::size_t i = 0; i < scenario.hosts.size(); ++i) {
    const auto& host = scenario.hosts[i];
    out << YAML::Key << host.name << YAML::Value << YAML::BeginMap;
    out << YAML::Key << "address" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const auto& address : addresses_of_host(scenario, i)) out << net::to_string(address);
    out << YAML::EndSeq;
    dump_entry(out, "delay", to_string(host.delay));
    dump_entry(out, "congestion", text_of(host.congestion.value_or(scenario.congestion)));
    dump_entry(out, "ecn", text_of(host.ecn.value_or(scenario.ecn)));
    out << YAML::Key << "serves" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    services_entry(out, host);
    out << YAML::EndSeq << YAML::EndMap;
  }
  out << YAML::EndMap;
}

void record_entry(YAML::Emitter& out, const DnsRecord& record) {
  if (record.outcome == DnsOutcome::nxdomain)
    return dump_entry(out, record.name.c_str(), "NXDOMAIN");
  if (record.outcome == DnsOutcome::servfail)
    return dump_entry(out, record.name.c_str(), "SERVFAIL");
  if (!record.host.empty()) return dump_entry(out, record.name.c_str(), record.host);
  out << YAML::Key << record.name << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const auto& address : record.addresses) out << net::to_string(address);
  out << YAML::EndSeq;
}

void dns_entry(YAML::Emitter& out, const DnsSpec& dns) {
  out << YAML::Key << "dns" << YAML::Value << YAML::BeginMap;
  dump_entry(out, "delay", to_string(dns.delay));
  if (dns.fault != sim::DnsFault::none) dump_entry(out, "fault", std::string(to_string(dns.fault)));
  out << YAML::Key << "records" << YAML::Value << YAML::BeginMap;
  for (const auto& record : dns.records) record_entry(out, record);
  out << YAML::EndMap << YAML::EndMap;
}

}  // namespace

std::string dump(const Scenario& scenario) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  dump_entry(out, "dispatch", 1);
  if (!scenario.name.empty()) dump_entry(out, "name", scenario.name);
  dump_entry(out, "seed", scenario.seed);
  if (!scenario.seeds.empty()) dump_entry(out, "seeds", to_string(scenario.seeds));
  dump_entry(out, "congestion", text_of(scenario.congestion));
  dump_entry(out, "ecn", text_of(scenario.ecn));
  dump_entry(out, "content", text_of(scenario.content));
  dump_entry(out, "duration", to_string(scenario.duration));
  links_entry(out, scenario, 0);
  if (!scenario.hosts.empty()) hosts_entry(out, scenario);
  if (scenario.dns) dns_entry(out, *scenario.dns);
  dump_engine(out, scenario, 0);
  if (!scenario.machines.empty()) machines_entry(out, scenario);
  if (!scenario.clients.empty()) clients_entry(out, scenario);
  if (scenario.fleet) dump_fleet(out, *scenario.fleet);
  if (!scenario.workloads.empty()) dump_workloads(out, scenario);
  if (!scenario.events.empty()) dump_events(out, scenario);
  if (!scenario.expectations.empty()) {
    out << YAML::Key << "expect" << YAML::Value << YAML::BeginSeq;
    for (const auto& expectation : scenario.expectations) out << expectation.text;
    out << YAML::EndSeq;
  }
  out << YAML::EndMap;
  return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace dispatch::scenario
