#include "sim/scenario/dump.hpp"
#include "sim/scenario/dump_parts.hpp"

#include <algorithm>
#include <string>

namespace dispatch::scenario {
namespace {

using Action = EventSpec::Action;

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
      return dump_entry(out, "blackhole", "both");
    case Action::blackhole_down:
      return dump_entry(out, "blackhole", "down");
    case Action::blackhole_up:
      return dump_entry(out, "blackhole", "up");
    case Action::down:
      return dump_entry(out, "down", YAML::Null);
    case Action::up:
      return dump_entry(out, "up", YAML::Null);
    case Action::freeze:
      return dump_entry(out, "freeze", YAML::Null);
    case Action::no_address:
      return dump_entry(out, "no_address", text_of(event.family));
    case Action::no_route:
      return dump_entry(out, "no_route", text_of(event.family));
    case Action::restart:
      return dump_entry(out, "restart", YAML::Null);
    case Action::kill:
      return dump_entry(out, "kill", YAML::Null);
    case Action::flap:
      return dump_entry(out, "flap", to_string(event.flap_for));
    case Action::unplug:
      return dump_entry(out, "unplug", YAML::Null);
    case Action::address:
      return addresses_entry(out, event.addresses);
    case Action::unreachable:
      return dump_entry(out, "unreachable", text_of(event.reason));
    case Action::rebind:
      return dump_entry(out, "rebind", YAML::Null);
    case Action::portal:
      return dump_portal(out, event.portal);
    case Action::sign_in:
      return dump_entry(out, "sign_in", YAML::Null);
    case Action::reboot:
      return dump_entry(out, "reboot", to_string(event.reboot_for));
    case Action::backlog_full:
      return dump_entry(out, "backlog_full", YAML::Null);
    case Action::slow_reader:
      return dump_entry(out, "slow_reader", to_string(event.rate));
    case Action::slow_writer:
      return dump_entry(out, "slow_writer", to_string(event.rate));
    case Action::dns:
      dump_dns_behaviour(out, event.dns);
      if (event.lasts != Duration::zero()) dump_entry(out, "for", to_string(event.lasts));
      return;
    case Action::set:
      break;
  }
  out << YAML::Key << "set" << YAML::Value << YAML::BeginMap;
  dump_change(out, event.change);
  out << YAML::EndMap;
  if (event.change.over != Duration::zero()) dump_entry(out, "over", to_string(event.change.over));
}

}  // namespace

void dump_nat(YAML::Emitter& out, const sim::NatOptions& nat, const net::Address& external) {
  const auto filtering = nat.filtering == sim::NatFiltering::any       ? "any"
                         : nat.filtering == sim::NatFiltering::address ? "address"
                                                                       : "endpoint";
  out << YAML::Key << "nat" << YAML::Value << YAML::Flow << YAML::BeginMap;
  dump_entry(out, "address", net::to_string(external));
  dump_entry(out, "filtering", filtering);
  dump_entry(out, "udp_unanswered", to_string(nat.udp_unanswered));
  dump_entry(out, "udp_timeout", to_string(nat.udp));
  dump_entry(out, "tcp_timeout", to_string(nat.tcp));
  dump_entry(out, "tcp_transitory", to_string(nat.tcp_transitory));
  dump_entry(out, "flows", nat.flows_most);
  dump_entry(out, "keep_ports", nat.keep_ports);
  dump_entry(out, "unknown", nat.forwards_unknown ? "forward" : "drop");
  out << YAML::EndMap;
}

void dump_portal(YAML::Emitter& out, const PortalSpec& portal) {
  out << YAML::Key << "portal" << YAML::Value << YAML::Flow << YAML::BeginMap;
  dump_entry(out, "others", portal.refuses_others ? "refuse" : "drop");
  out << YAML::EndMap;
}

void dump_dns_behaviour(YAML::Emitter& out, const sim::DnsBehaviour& behaviour) {
  const std::string fault(to_string(behaviour.fault));
  if (!behaviour.delay) return dump_entry(out, "dns", fault);
  out << YAML::Key << "dns" << YAML::Value << YAML::Flow << YAML::BeginMap;
  dump_entry(out, "fault", fault);
  dump_entry(out, "delay", to_string(*behaviour.delay));
  out << YAML::EndMap;
}

std::string action_text(const EventSpec& event) {
  YAML::Emitter out;
  out << YAML::Flow << YAML::BeginMap;
  action_entry(out, event);
  out << YAML::EndMap;
  std::string text(out.c_str());
  // Without its braces, and without the value of what has none.
  text = text.substr(1, text.size() - 2);
  if (text.ends_with(": ~")) text.resize(text.size() - 3);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

void dump_events(YAML::Emitter& out, const Scenario& scenario) {
  out << YAML::Key << "events" << YAML::Value << YAML::BeginSeq;
  for (const auto& event : scenario.events) {
    out << YAML::Flow << YAML::BeginMap;
    if (event.every == Duration::zero()) {
      dump_entry(out, "at", to_string(event.at));
    } else {
      dump_entry(out, "every", to_string(event.every));
      dump_entry(out, "from", to_string(event.at));
      dump_entry(out, "to", to_string(event.to));
    }
    if (!event.link.empty()) dump_entry(out, "link", event.link);
    if (!event.host.empty()) dump_entry(out, "host", event.host);
    action_entry(out, event);
    out << YAML::EndMap;
  }
  out << YAML::EndSeq;
}

}  // namespace dispatch::scenario
