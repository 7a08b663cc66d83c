// The engine's part of a scenario, as the engine takes it.
#pragma once

#include "engine/link/link_spec.hpp"
#include "engine/link/policy/registry.hpp"
#include "engine/proxy/listener_spec.hpp"
#include "engine/proxy/server_options.hpp"
#include "sim/scenario/scenario.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::scenario {

// A key of EngineSpec that is a time.
struct EngineTime {
  const char* key;
  Duration EngineSpec::*member;
  bool may_be_zero;
};
std::span<const EngineTime> engine_times();

// All throw net::ConfigError.
proxy::ServerOptions server_options_of(const EngineSpec& engine);
proxy::Accounts accounts_of(const std::vector<UserSpec>& users);
link::LinkSpec link_spec_of(const EngineSpec::Text& start);
proxy::ListenerSpec listener_of(const EngineSpec::Text& listen);
// All of a machine's engine, at least one: where it says nothing, at 127.0.0.1, or, where it has
// clients, at every address.
std::vector<proxy::ListenerSpec> listeners_of(const Scenario& scenario, std::size_t machine = 0);

// The names of an engine's links, in their order.
std::vector<std::string> engine_link_names(const Scenario& scenario, std::size_t machine = 0);

// Ways out that are none of the scenario's links, by the names that expectations know them by:
// links through proxies, and "direct" where there are routes.
std::vector<std::string> other_ways(const Scenario& scenario);
inline constexpr std::string_view kDirect = "direct";

}  // namespace dispatch::scenario
