#include "sim/scenario/dump_parts.hpp"
#include "sim/scenario/engine_options.hpp"

namespace dispatch::scenario {
namespace {

using proxy::proxy_protocol::Version;

void texts_entry(YAML::Emitter& out, const char* key, const std::vector<EngineSpec::Text>& texts) {
  out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const auto& each : texts) out << each.text;
  out << YAML::EndSeq;
}

template <typename Items>
void addresses_entry(YAML::Emitter& out, const char* key, const Items& items) {
  if (items.empty()) return;
  out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const auto& each : items) out << net::to_string(each);
  out << YAML::EndSeq;
}

}  // namespace

void dump_users(YAML::Emitter& out, const std::vector<UserSpec>& users) {
  if (users.empty()) return;
  out << YAML::Key << "users" << YAML::Value << YAML::Flow << YAML::BeginMap;
  for (const auto& user : users) dump_entry(out, user.name.c_str(), user.password);
  out << YAML::EndMap;
}

void dump_engine(YAML::Emitter& out, const Scenario& scenario, std::size_t machine) {
  const auto& engine = engine_of(scenario, machine);
  out << YAML::Key << "engine" << YAML::Value << YAML::BeginMap;
  auto start = engine.start;
  if (start.empty()) {
    for (const auto& name : engine_link_names(scenario, machine)) start.push_back({{}, name});
  }
  texts_entry(out, "start", start);
  if (engine.listen.empty()) {
    dump_entry(out, "port", engine.port);
  } else {
    texts_entry(out, "listen", engine.listen);
  }
  if (engine.send_proxy) {
    dump_entry(out, "send_proxy", *engine.send_proxy == Version::v1 ? "v1" : "v2");
  }
  dump_entry(out, "policy", engine.policy.text);
  if (!engine.routes.empty()) texts_entry(out, "routes", engine.routes);
  addresses_entry(out, "dns", engine.dns);
  dump_users(out, engine.users);
  addresses_entry(out, "allow", engine.allow);
  dump_entry(out, "max_connections", engine.max_connections);
  dump_entry(out, "max_per_client", engine.max_per_client);
  dump_entry(out, "max_per_target", engine.max_per_target);
  if (!engine.client_rate.text.empty()) dump_entry(out, "client_rate", engine.client_rate.text);
  dump_entry(out, "slow_attempt",
             engine.slow_attempt ? to_string(*engine.slow_attempt) : std::string("auto"));
  if (!engine.probe.empty()) texts_entry(out, "probe", engine.probe);
  dump_entry(out, "no_probes", engine.no_probes);
  dump_entry(out, "no_health", engine.no_health);
  for (const auto& time : engine_times()) {
    dump_entry(out, time.key, to_string(engine.*time.member));
  }
  dump_entry(out, "udp_one_link", engine.udp_one_link);
  dump_entry(out, "udp_only_answers", engine.udp_only_answers);
  out << YAML::EndMap;
}

}  // namespace dispatch::scenario
