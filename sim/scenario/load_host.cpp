#include "engine/net/well_known_port.hpp"
#include "engine/units/suggestion.hpp"
#include "sim/scenario/load_parts.hpp"
#include "sim/scenario/shape_world.hpp"

#include <fmt/format.h>

namespace dispatch::scenario {

using units::hint;
namespace {

DnsRecord read_record(const std::string& name, const YamlValue& key, const YamlValue& value) {
  DnsRecord record;
  record.name = name;
  record.position = value.position();
  if (name.empty() || name.size() > 253)
    key.fail(fmt::format("\"{}\" is not a name of the DNS", name));
  if (net::parse_address(name)) key.fail(fmt::format("\"{}\" is an address, not a name", name));
  if (value.is_list()) {
    for (const auto& each : value.list("addresses")) record.addresses.push_back(each.address());
    if (record.addresses.empty()) value.fail("no address: write one, or NXDOMAIN");
    return record;
  }
  const auto text = value.text("an address, a host, NXDOMAIN or SERVFAIL");
  if (text == "NXDOMAIN") {
    record.outcome = DnsOutcome::nxdomain;
  } else if (text == "SERVFAIL") {
    record.outcome = DnsOutcome::servfail;
  } else if (const auto address = net::parse_address(text)) {
    record.addresses.push_back(*address);
  } else {
    record.host = text;
  }
  return record;
}

// yes: a certificate of the host's own; or of this name.
std::optional<std::string> read_tls(const YamlValue& value) {
  const auto text = value.text("true, or the name that its certificate is of");
  if (text.empty()) value.fail("no name: write true, or the name that its certificate is of");
  if (text == "false") return std::nullopt;
  return text == "true" ? std::string() : text;
}

NameServerSpec read_name_server(const YamlMap& map, std::uint16_t port) {
  NameServerSpec server{port};
  if (const auto* fault = map.find("fault")) server.behaviour.fault = read_dns_fault(*fault);
  if (const auto* delay = map.find("delay")) server.behaviour.delay = delay->duration();
  return server;
}

void read_service(const YamlValue& value, HostSpec& host) {
  const auto map = value.map(service_shape());
  const auto service = map.one_of();
  const auto port = static_cast<std::uint16_t>(map.find(service)->count(1, net::kPortMax));
  const auto* users = map.find("users");
  if (users != nullptr && service != "proxy") map.key("users")->fail("users are those of a proxy");
  const auto* tls = map.find("tls");
  if (tls != nullptr && service != "proxy") map.key("tls")->fail("only a proxy can have TLS");
  const auto* accept_proxy = map.find("accept_proxy");
  if (accept_proxy != nullptr && service != "http") {
    map.key("accept_proxy")->fail("only an http server takes headers of the PROXY protocol");
  }
  for (const auto* key : {"fault", "delay"}) {
    if (service == "dns" || map.find(key) == nullptr) continue;
    map.key(key)->fail(fmt::format("\"{}\" is of a name server: {{dns: 53, ...}}", key));
  }
  if (service == "http") {
    host.http.push_back({port, accept_proxy != nullptr && accept_proxy->yes_or_no()});
  }
  if (service == "echo") host.echoes.push_back(port);
  if (service == "dns") host.name_servers.push_back(read_name_server(map, port));
  if (service != "proxy") return;
  host.proxies.push_back({port, {}, tls != nullptr ? read_tls(*tls) : std::nullopt});
  if (users != nullptr) host.proxies.back().users = read_users(*users);
}

}  // namespace

sim::tcp::CongestionAlgorithm read_congestion(const YamlValue& value) {
  const auto text = value.text("a congestion control such as cubic");
  if (text == "cubic") return sim::tcp::CongestionAlgorithm::cubic;
  if (text == "reno") return sim::tcp::CongestionAlgorithm::reno;
  if (text == "bbr") return sim::tcp::CongestionAlgorithm::bbr;
  value.fail(fmt::format("\"{}\" is not a congestion control: write cubic, reno or bbr", text));
}

sim::tcp::EcnPolicy read_ecn(const YamlValue& value) {
  const auto text = value.text("on, passive or off");
  if (text == "on") return sim::tcp::EcnPolicy::on;
  if (text == "passive") return sim::tcp::EcnPolicy::passive;
  if (text == "off") return sim::tcp::EcnPolicy::off;
  value.fail(fmt::format("\"{}\" is not a way to use ECN: write on, passive or off", text));
}

HostSpec read_host(const std::string& name, const Position& position, const YamlValue& value) {
  HostSpec host;
  host.name = name;
  host.position = position;
  if (value.is_null()) return host;
  const auto map = value.map(host_shape());
  if (const auto* address = map.find("address")) {
    for (const auto& each : address->one_or_more("an address"))
      host.addresses.push_back(each.address());
  }
  if (const auto* delay = map.find("delay")) host.delay = delay->duration();
  if (const auto* congestion = map.find("congestion")) {
    host.congestion = read_congestion(*congestion);
  }
  if (const auto* ecn = map.find("ecn")) host.ecn = read_ecn(*ecn);
  if (const auto* serves = map.find("serves")) {
    host.http.clear();
    for (const auto& each : serves->list("a list of services such as [{http: 80}]")) {
      read_service(each, host);
    }
  }
  return host;
}

DnsSpec read_dns(const YamlValue& value) {
  const auto map = value.map(dns_shape());
  DnsSpec dns;
  if (const auto* delay = map.find("delay")) dns.delay = delay->duration();
  if (const auto* fault = map.find("fault")) dns.fault = read_dns_fault(*fault);
  if (const auto* records = map.find("records")) {
    for (const auto& [name, key, record] : records->names("names and their addresses").entries()) {
      dns.records.push_back(read_record(name, key, record));
    }
  }
  return dns;
}

}  // namespace dispatch::scenario
