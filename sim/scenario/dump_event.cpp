#include "sim/scenario/dump_parts.hpp"

#include <string>

namespace dispatch::scenario {
namespace {

using Action = EventSpec::Action;

template <typename Value>
void entry(YAML::Emitter& out, const char* key, const Value& value) {
  dump_entry(out, key, value);
}

void addresses_entry(YAML::Emitter& out, const std::vector<net::Prefix>& addresses) {
  out << YAML::Key << "address" << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const auto& each : addresses) out << net::to_string(each);
  out << YAML::EndSeq;
}

const char* text_of(sim::IcmpUnreachable::Reason reason) {
  using Reason = sim::IcmpUnreachable::Reason;
  switch (reason) {
    case Reason::network:
      return "network";
    case Reason::prohibited:
      return "prohibited";
    case Reason::network_prohibited:
      return "network_prohibited";
    case Reason::host_prohibited:
      return "host_prohibited";
    case Reason::host:
    case Reason::port:     // no router says that
    case Reason::too_big:  // nor this, of everything
      break;
  }
  return "host";
}

const char* text_of(std::optional<net::Family> family) {
  if (!family) return "both";
  return *family == net::Family::v6 ? "IPv6" : "IPv4";
}

void action_entry(YAML::Emitter& out, const EventSpec& event) {
  switch (event.action) {
    case Action::blackhole:
      return entry(out, "blackhole", "both");
    case Action::blackhole_down:
      return entry(out, "blackhole", "down");
    case Action::blackhole_up:
      return entry(out, "blackhole", "up");
    case Action::down:
      return entry(out, "down", YAML::Null);
    case Action::up:
      return entry(out, "up", YAML::Null);
    case Action::freeze:
      return entry(out, "freeze", YAML::Null);
    case Action::no_address:
      return entry(out, "no_address", text_of(event.family));
    case Action::no_route:
      return entry(out, "no_route", text_of(event.family));
    case Action::restart:
      return entry(out, "restart", YAML::Null);
    case Action::kill:
      return entry(out, "kill", YAML::Null);
    case Action::flap:
      return entry(out, "flap", to_string(event.flap_for));
    case Action::unplug:
      return entry(out, "unplug", YAML::Null);
    case Action::address:
      return addresses_entry(out, event.addresses);
    case Action::unreachable:
      return entry(out, "unreachable", text_of(event.reason));
    case Action::rebind:
      return entry(out, "rebind", YAML::Null);
    case Action::portal:
      return dump_portal(out, event.portal);
    case Action::sign_in:
      return entry(out, "sign_in", YAML::Null);
    case Action::reboot:
      return entry(out, "reboot", to_string(event.reboot_for));
    case Action::backlog_full:
      return entry(out, "backlog_full", YAML::Null);
    case Action::slow_reader:
      return entry(out, "slow_reader", to_string(event.rate));
    case Action::slow_writer:
      return entry(out, "slow_writer", to_string(event.rate));
    case Action::dns:
      dump_dns_behaviour(out, event.dns);
      if (event.lasts != Duration::zero()) entry(out, "for", to_string(event.lasts));
      return;
    case Action::set:
      break;
  }
  out << YAML::Key << "set" << YAML::Value << YAML::BeginMap;
  dump_change(out, event.change);
  out << YAML::EndMap;
  if (event.change.over != Duration::zero()) entry(out, "over", to_string(event.change.over));
}

}  // namespace

void dump_nat(YAML::Emitter& out, const sim::NatOptions& nat, const net::Address& external) {
  const auto filtering = nat.filtering == sim::NatFiltering::any       ? "any"
                         : nat.filtering == sim::NatFiltering::address ? "address"
                                                                       : "endpoint";
  out << YAML::Key << "nat" << YAML::Value << YAML::Flow << YAML::BeginMap;
  entry(out, "address", net::to_string(external));
  entry(out, "filtering", filtering);
  entry(out, "udp_unanswered", to_string(nat.udp_unanswered));
  entry(out, "udp_timeout", to_string(nat.udp));
  entry(out, "tcp_timeout", to_string(nat.tcp));
  entry(out, "tcp_transitory", to_string(nat.tcp_transitory));
  entry(out, "flows", nat.flows_most);
  entry(out, "keep_ports", nat.keep_ports);
  entry(out, "unknown", nat.forwards_unknown ? "forward" : "drop");
  out << YAML::EndMap;
}

void dump_portal(YAML::Emitter& out, const PortalSpec& portal) {
  out << YAML::Key << "portal" << YAML::Value << YAML::Flow << YAML::BeginMap;
  entry(out, "others", portal.refuses_others ? "refuse" : "drop");
  out << YAML::EndMap;
}

void dump_dns_behaviour(YAML::Emitter& out, const sim::DnsBehaviour& behaviour) {
  const std::string fault(to_string(behaviour.fault));
  if (!behaviour.delay) return entry(out, "dns", fault);
  out << YAML::Key << "dns" << YAML::Value << YAML::Flow << YAML::BeginMap;
  entry(out, "fault", fault);
  entry(out, "delay", to_string(*behaviour.delay));
  out << YAML::EndMap;
}

void dump_events(YAML::Emitter& out, const Scenario& scenario) {
  out << YAML::Key << "events" << YAML::Value << YAML::BeginSeq;
  for (const auto& event : scenario.events) {
    out << YAML::Flow << YAML::BeginMap;
    if (event.every == Duration::zero()) {
      entry(out, "at", to_string(event.at));
    } else {
      entry(out, "every", to_string(event.every));
      entry(out, "from", to_string(event.at));
      entry(out, "to", to_string(event.to));
    }
    if (!event.link.empty()) entry(out, "link", event.link);
    if (!event.host.empty()) entry(out, "host", event.host);
    action_entry(out, event);
    out << YAML::EndMap;
  }
  out << YAML::EndSeq;
}

}  // namespace dispatch::scenario
