#include "sim/scenario/fleet_programs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::scenario {
namespace {

constexpr std::size_t kRecordsMax = 1'000'000;

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

FleetPrograms::FleetPrograms(const FleetSpec& spec, const net::Address& coordinator)
    : spec_(spec), coordinator_(coordinator), history_(kRecordsMax) {
  options_.strategy = fleet::parse_strategy(spec.strategy).value();
  options_.limits.per_agent = spec.per_agent;
  options_.per_host = spec.per_host;
  options_.agent_socket.silence = spec.ping_interval;
  options_.targets.private_addresses = true;  // worlds have what addresses they like
}

std::string FleetPrograms::start_on(const std::string& name, sim::Host& host,
                                    const std::vector<net::Address>& addresses) {
  if (has(spec_.targets, name)) {
    auto& counting = ledgers_.emplace_back(Counting{name, std::make_unique<traffic::Ledger>(host)});
    for (const auto& address : addresses) {
      const auto bound = counting.ledger->listen({address, kTargetPort});
      if (!bound) return fmt::format("port {}: {}", kTargetPort, bound.error().message());
    }
    counting.ledger->start();
  }
  if (name == spec_.coordinator) {
    auto& hub = *hubs_.emplace_back(std::make_unique<Hub>(host, options_, history_));
    for (const auto& address : addresses) {
      const auto bound = hub.server.listen({address, kPort}, nullptr);
      if (!bound) return fmt::format("port {}: {}", kPort, bound.error().message());
    }
    host.spawn(hub.coordinator.run());
    hub.server.start();
  }
  if (has(spec_.agents, name)) {
    fleet::AgentOptions options;
    options.id = name;
    options.hostname = name;
    options.coordinators = {*fleet::parse_target_url(
        fmt::format("http://{}/", net::to_string(net::Endpoint{coordinator_, kPort})))};
    options.socket.silence = spec_.ping_interval;
    auto& member = *members_.emplace_back(std::make_unique<Member>(host, std::move(options)));
    host.spawn(member.agent.run());
  }
  return {};
}

std::uint64_t FleetPrograms::times(const std::string& target, const std::string& name) const {
  std::uint64_t times = 0;
  for (const auto& each : ledgers_) {
    if (each.target != target) continue;
    const auto found = each.ledger->entries().find(name);
    if (found != each.ledger->entries().end()) times += found->second.times;
  }
  return times;
}

}  // namespace dispatch::scenario
