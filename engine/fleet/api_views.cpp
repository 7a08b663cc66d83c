// What the coordinator shows of itself, as JSON.
#include "engine/fleet/api.hpp"
#include "engine/fleet/redact.hpp"

namespace dispatch::fleet {
namespace {

json::value time_or_null(const std::optional<net::WallTime>& time) {
  return time ? json::value(iso_time(*time)) : json::value();
}

}  // namespace

json::object agent_json(const Coordinator& coordinator, const AgentEntry& agent) {
  json::array addresses;
  for (const auto& each : agent.info.addresses) addresses.emplace_back(each);
  return {{"agent_id", agent.info.agent_id},
          {"hostname", agent.info.hostname},
          {"ipv6_addresses", std::move(addresses)},
          {"last_seen", iso_time(agent.last_seen)},
          {"status", coordinator.status_of(agent)},
          {"requests_processed", agent.requests},
          {"requests_failed", agent.failures},
          {"in_flight", agent.in_flight},
          {"weight", agent.info.weight},
          {"concurrency", agent.info.concurrency}};
}

json::array agents_json(const Coordinator& coordinator) {
  json::array agents;
  for (const auto& [id, agent] : const_cast<Coordinator&>(coordinator).pool().agents()) {
    if (!coordinator.was_removed(id)) agents.push_back(agent_json(coordinator, *agent));
  }
  return agents;
}

json::object pool_json(Coordinator& coordinator) {
  json::array pool;
  const auto now = coordinator.runtime().clock().now();
  std::uint64_t active = 0;
  for (const auto& [id, agent] : coordinator.pool().agents()) {
    if (coordinator.was_removed(id)) continue;
    active += coordinator.status_of(*agent) == "active" ? 1 : 0;
    for (const auto& text : agent->info.addresses) {
      const auto& address = *agent->addresses.at(text);
      const bool available = coordinator.pool().is_available(address, now);
      pool.push_back(json::object{{"ip", text},
                                  {"agent_id", id},
                                  {"last_used", time_or_null(address.last_used)},
                                  {"requests_count", address.requests},
                                  {"status", available ? "available" : "unavailable"},
                                  {"requests_failed", address.failures},
                                  {"in_flight", address.in_flight}});
    }
  }
  return {{"total_ips", pool.size()}, {"active_agents", active}, {"ip_pool", std::move(pool)}};
}

json::object stats_json(Coordinator& coordinator) {
  json::object agents;
  std::uint64_t active = 0;
  std::uint64_t addresses = 0;
  std::uint64_t total = 0;
  for (const auto& [id, agent] : coordinator.pool().agents()) {
    if (coordinator.was_removed(id)) continue;
    const auto status = coordinator.status_of(*agent);
    active += status == "active" ? 1 : 0;
    total += 1;
    addresses += agent->info.addresses.size();
    agents[id] = json::object{{"hostname", agent->info.hostname},
                              {"ipv6_count", agent->info.addresses.size()},
                              {"requests_processed", agent->requests},
                              {"status", status}};
  }
  const auto up = coordinator.runtime().clock().now() - coordinator.started_at();
  const auto& figures = coordinator.figures();
  return {{"total_agents", total},
          {"active_agents", active},
          {"total_ips", addresses},
          {"total_requests_processed", figures.attempts()},
          {"agents", std::move(agents)},
          {"requests_executed", figures.executed},
          {"requests_executing", coordinator.executing()},
          {"requests_waiting", coordinator.waiting()},
          {"repeats", figures.repeats},
          {"uptime_seconds", std::chrono::duration<double>(up).count()}};
}

json::array requests_json(const Coordinator& coordinator) {
  json::array requests;
  for (const auto& each : coordinator.executions()) {
    requests.push_back(json::object{{"request_id", each.request_id},
                                    {"method", each.method},
                                    {"url", each.url},
                                    {"started", iso_time(each.started)},
                                    {"agent_id", each.agent_id},
                                    {"source_ip", each.source_ip},
                                    {"attempt", each.attempt},
                                    {"state", each.waits ? "waiting" : "executing"}});
  }
  return requests;
}

json::array configs_json(const Coordinator& coordinator) {
  json::array configs;
  for (const auto& [name, config] : coordinator.configs()) {
    configs.push_back(json::object{{"name", name},
                                   {"method", config.spec.method},
                                   {"url", redacted_url(config.spec.url)},
                                   {"updated", iso_time(config.updated)}});
  }
  return configs;
}

}  // namespace dispatch::fleet
