// The parts of a scenario that dump.cpp writes. Internal to it.
#pragma once

#include "sim/scenario/scenario.hpp"

#include <yaml-cpp/yaml.h>

namespace dispatch::scenario {

template <typename Value>
void dump_entry(YAML::Emitter& out, const char* key, const Value& value) {
  out << YAML::Key << key << YAML::Value << value;
}

// A link by its name, with every default spelled out.
void dump_link(YAML::Emitter& out, const Scenario& scenario, std::size_t index);
// The keys of `set`, in a map that has been begun.
void dump_change(YAML::Emitter& out, const LinkChange& change);

void dump_events(YAML::Emitter& out, const Scenario& scenario);
void dump_nat(YAML::Emitter& out, const sim::NatOptions& nat, const net::Address& external);
void dump_portal(YAML::Emitter& out, const PortalSpec& portal);
// As `dns`, of a link or an event.
void dump_dns_behaviour(YAML::Emitter& out, const sim::DnsBehaviour& behaviour);

void dump_users(YAML::Emitter& out, const std::vector<UserSpec>& users);
void dump_engine(YAML::Emitter& out, const Scenario& scenario, std::size_t machine);
void dump_fleet(YAML::Emitter& out, const FleetSpec& fleet);
void dump_workloads(YAML::Emitter& out, const Scenario& scenario);

}  // namespace dispatch::scenario
