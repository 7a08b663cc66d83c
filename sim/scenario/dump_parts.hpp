// The parts of a scenario that dump.cpp writes. Internal to it.
#pragma once

#include "sim/scenario/scenario.hpp"

#include <yaml-cpp/yaml.h>

namespace dispatch::scenario {

template <typename Value>
void dump_entry(YAML::Emitter& out, const char* key, const Value& value) {
  out << YAML::Key << key << YAML::Value << value;
}

void dump_users(YAML::Emitter& out, const std::vector<UserSpec>& users);
void dump_engine(YAML::Emitter& out, const Scenario& scenario);

}  // namespace dispatch::scenario
