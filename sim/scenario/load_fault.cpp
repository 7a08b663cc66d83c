#include "engine/units/suggestion.hpp"
#include "sim/scenario/load_parts.hpp"
#include "sim/scenario/shape_world.hpp"

#include <fmt/format.h>

namespace dispatch::scenario {

using units::hint;
namespace {

using Reason = sim::IcmpUnreachable::Reason;

constexpr sim::DnsFault kFaults[] = {sim::DnsFault::none,
                                     sim::DnsFault::servfail,
                                     sim::DnsFault::nxdomain,
                                     sim::DnsFault::refused,
                                     sim::DnsFault::silent,
                                     sim::DnsFault::truncated,
                                     sim::DnsFault::truncated_without_tcp,
                                     sim::DnsFault::only_a,
                                     sim::DnsFault::only_aaaa};

sim::NatFiltering read_filtering(const YamlValue& value) {
  constexpr std::string_view kNames[] = {"any", "address", "endpoint"};
  const auto text = value.text("any, address or endpoint");
  if (text == "any") return sim::NatFiltering::any;
  if (text == "address") return sim::NatFiltering::address;
  if (text == "endpoint") return sim::NatFiltering::endpoint;
  value.fail(fmt::format("unknown filtering \"{}\"{}", text, hint(text, kNames)));
}

}  // namespace

sim::DnsFault read_dns_fault(const YamlValue& value) {
  const auto text = value.text("how a name server answers, such as SERVFAIL");
  std::vector<std::string_view> names;
  for (const auto fault : kFaults) {
    if (text == to_string(fault)) return fault;
    names.push_back(to_string(fault));
  }
  value.fail(fmt::format("\"{}\" is no way to answer{}", text, hint(text, names)));
}

sim::DnsBehaviour read_dns_behaviour(const YamlValue& value) {
  sim::DnsBehaviour behaviour;
  if (!value.is_map()) {
    behaviour.fault = read_dns_fault(value);
    return behaviour;
  }
  const auto map = value.map(dns_behaviour_map_shape());
  if (const auto* fault = map.find("fault")) behaviour.fault = read_dns_fault(*fault);
  if (const auto* delay = map.find("delay")) behaviour.delay = delay->duration();
  if (map.entries().empty()) value.fail("nothing is said: write for example {delay: 3 s}");
  return behaviour;
}

std::optional<sim::NatOptions> read_nat(const YamlValue& value) {
  constexpr std::uint64_t kFlowsMost = 10'000'000;
  sim::NatOptions nat;
  if (value.is_null()) return nat;
  if (!value.is_map()) return value.yes_or_no() ? std::optional(nat) : std::nullopt;
  const auto map = value.map(nat_shape());
  if (const auto* address = map.find("address")) {
    nat.external = address->address();
    if (nat.external.is_v6()) address->fail("a NAT translates IPv4 only");
  }
  if (const auto* filtering = map.find("filtering")) nat.filtering = read_filtering(*filtering);
  if (const auto* time = map.find("udp_unanswered")) nat.udp_unanswered = read_period(*time);
  if (const auto* time = map.find("udp_timeout")) nat.udp = read_period(*time);
  if (const auto* time = map.find("tcp_timeout")) nat.tcp = read_period(*time);
  if (const auto* time = map.find("tcp_transitory")) nat.tcp_transitory = read_period(*time);
  if (const auto* flows = map.find("flows")) nat.flows_most = flows->count(1, kFlowsMost);
  if (const auto* keep = map.find("keep_ports")) nat.keep_ports = keep->yes_or_no();
  if (const auto* unknown = map.find("unknown")) {
    const auto text = unknown->text("drop or forward");
    if (text != "drop" && text != "forward") unknown->fail("write unknown: drop or forward");
    nat.forwards_unknown = text == "forward";
  }
  return nat;
}

std::optional<PortalSpec> read_portal(const YamlValue& value) {
  PortalSpec portal;
  if (value.is_null()) return portal;
  if (!value.is_map()) return value.yes_or_no() ? std::optional(portal) : std::nullopt;
  const auto map = value.map(portal_shape());
  const auto& others = map.require("others", "refuse");
  const auto text = others.text("refuse or drop");
  if (text != "refuse" && text != "drop") others.fail("write others: refuse or drop");
  portal.refuses_others = text == "refuse";
  return portal;
}

sim::IcmpUnreachable::Reason read_unreachable(const YamlValue& value) {
  constexpr std::pair<std::string_view, Reason> kReasons[] = {
      {"host", Reason::host},
      {"network", Reason::network},
      {"prohibited", Reason::prohibited},
      {"network_prohibited", Reason::network_prohibited},
      {"host_prohibited", Reason::host_prohibited},
  };
  if (value.is_null()) return Reason::host;
  const auto text = value.text("what a router says, such as host");
  std::vector<std::string_view> names;
  for (const auto& [name, reason] : kReasons) {
    if (text == name) return reason;
    names.push_back(name);
  }
  value.fail(fmt::format("no router says \"{}\"{}", text, hint(text, names)));
}

}  // namespace dispatch::scenario
