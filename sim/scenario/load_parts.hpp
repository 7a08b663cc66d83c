// The parts of a scenario file, each read by one function. Internal to load.cpp.
#pragma once

#include "sim/scenario/scenario.hpp"
#include "sim/scenario/yaml_reader.hpp"

namespace dispatch::scenario {

// A positive duration.
Duration read_positive_duration(const YamlValue& value);
// The same, of something that ends or comes again within a scenario: at most kPeriodMax.
inline constexpr Duration kPeriodMax = std::chrono::hours(10'000);
Duration read_period(const YamlValue& value);

LinkSpec read_link(const std::string& name, const Position& position, const YamlValue& value);
// The `set` of an event.
LinkChange read_link_change(const YamlValue& value);

EngineSpec read_engine(const YamlValue& value);
// A map from their names to their passwords.
std::vector<UserSpec> read_users(const YamlValue& value);

sim::tcp::CongestionAlgorithm read_congestion(const YamlValue& value);
sim::tcp::EcnPolicy read_ecn(const YamlValue& value);
HostSpec read_host(const std::string& name, const Position& position, const YamlValue& value);
DnsSpec read_dns(const YamlValue& value);

// `SERVFAIL`, `silent`, ... ; or {fault:, delay:}.
sim::DnsFault read_dns_fault(const YamlValue& value);
sim::DnsBehaviour read_dns_behaviour(const YamlValue& value);
// Nothing or true: with all defaults; false: none; or a map.
std::optional<sim::NatOptions> read_nat(const YamlValue& value);
std::optional<PortalSpec> read_portal(const YamlValue& value);
// Nothing: host.
sim::IcmpUnreachable::Reason read_unreachable(const YamlValue& value);

// A quantity, or {pareto: 25 kB} and so on.
Draw read_drawn_bytes(const YamlValue& value);
Draw read_drawn_duration(const YamlValue& value);
Draw read_drawn_count(const YamlValue& value);

FleetSpec read_fleet(const YamlValue& value);
WorkloadSpec read_workload(const YamlValue& value);
EventSpec read_event(const YamlValue& value);

}  // namespace dispatch::scenario
