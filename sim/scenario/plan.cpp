#include "sim/scenario/plan.hpp"

#include "engine/net/well_known_port.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::scenario {
namespace {

std::uint16_t port_of(const HostSpec& host) {
  return host.http.empty() ? net::kHttpPort : host.http.front().port;
}

// The port of the host that has one of `addresses`.
std::uint16_t port_of(const Scenario& scenario, const std::vector<net::Address>& addresses) {
  for (std::size_t i = 0; i < scenario.hosts.size(); ++i) {
    const auto own = addresses_of_host(scenario, i);
    const auto is_own = [&](const auto& address) {
      return std::find(own.begin(), own.end(), address) != own.end();
    };
    if (std::any_of(addresses.begin(), addresses.end(), is_own)) return port_of(scenario.hosts[i]);
  }
  return net::kHttpPort;
}

}  // namespace

std::vector<net::Prefix> addresses_of_link(const Scenario& scenario, std::size_t index) {
  const auto& link = scenario.links[index];
  if (!link.addresses.empty()) return link.addresses;
  return {*net::parse_prefix(fmt::format("192.168.{}.2/24", index + 1)),
          *net::parse_prefix(fmt::format("2001:db8:{:x}::2/64", index + 1))};
}

std::vector<net::Address> addresses_of_host(const Scenario& scenario, std::size_t index) {
  const auto& host = scenario.hosts[index];
  if (!host.addresses.empty()) return host.addresses;
  return {*net::parse_address(fmt::format("203.0.113.{}", index + 10)),
          *net::parse_address(fmt::format("2001:db8:cb00::{:x}", index + 10))};
}

std::vector<net::Address> addresses_of_record(const Scenario& scenario, const DnsRecord& record) {
  if (record.host.empty()) return record.addresses;
  for (std::size_t i = 0; i < scenario.hosts.size(); ++i) {
    if (scenario.hosts[i].name == record.host) return addresses_of_host(scenario, i);
  }
  return {};
}

net::Address nat_address(const Scenario& scenario, std::size_t index, std::uint64_t rebindings) {
  const auto& nat = *scenario.links[index].nat;
  if (rebindings == 0 && !nat.external.is_unspecified()) return nat.external;
  constexpr std::uint64_t kHosts = 250;
  return *net::parse_address(fmt::format("198.19.{}.{}", index + 1, 1 + rebindings % kHosts));
}

std::vector<net::Prefix> sources_of_link(const Scenario& scenario, std::size_t index) {
  auto sources = addresses_of_link(scenario, index);
  if (!scenario.links[index].nat) return sources;
  sources.push_back({nat_address(scenario, index, 0), 32});
  sources.push_back(*net::parse_prefix(fmt::format("198.19.{}.0/24", index + 1)));
  return sources;
}

std::vector<net::Address> portal_addresses() {
  return {*net::parse_address("198.51.100.80"), *net::parse_address("2001:db8:80::80")};
}

std::string interface_of(const LinkSpec& link) {
  return link.machine == 0 ? link.name : link.name.substr(link.name.find('.') + 1);
}

std::string prefix_of(const Scenario& scenario, std::size_t machine) {
  return machine == 0 ? "" : scenario.machines[machine - 1].name + ".";
}

std::optional<std::size_t> machine_of(const Scenario& scenario, std::string_view name) {
  if (name.empty()) return 0;
  for (std::size_t i = 0; i < scenario.machines.size(); ++i) {
    if (scenario.machines[i].name == name) return i + 1;
  }
  return std::nullopt;
}

const ClientSpec* clients_of(const Scenario& scenario, std::string_view name) {
  for (const auto& clients : scenario.clients) {
    if (clients.name == name) return &clients;
  }
  return nullptr;
}

bool has_clients(const Scenario& scenario, std::size_t machine) {
  return std::any_of(
      scenario.clients.begin(), scenario.clients.end(),
      [&](const ClientSpec& clients) { return machine_of(scenario, clients.of) == machine; });
}

net::Prefix lan_address(std::size_t machine) {
  return *net::parse_prefix(fmt::format("172.{}.0.1/16", 16 + machine));
}

net::Prefix lan_address(std::size_t machine, std::size_t client) {
  constexpr std::size_t kEach = 250;
  return *net::parse_prefix(
      fmt::format("172.{}.{}.{}/16", 16 + machine, 1 + client / kEach, 1 + client % kEach));
}

std::optional<std::size_t> link_of(const Scenario& scenario, std::string_view target,
                                   std::size_t machine) {
  const auto address = net::parse_address(target);
  for (std::size_t i = 0; i < scenario.links.size(); ++i) {
    if (scenario.links[i].machine != machine) continue;
    if (interface_of(scenario.links[i]) == target) return i;
    for (const auto& prefix : addresses_of_link(scenario, i)) {
      if (address && prefix.address == *address) return i;
    }
  }
  return std::nullopt;
}

std::vector<net::Address> name_server_addresses() {
  return {*net::parse_address("198.51.100.53"), *net::parse_address("2001:db8:53::53")};
}

std::optional<proxy::Target> target_of(const Scenario& scenario, std::string_view host) {
  for (std::size_t i = 0; i < scenario.hosts.size(); ++i) {
    if (scenario.hosts[i].name != host) continue;
    return proxy::Target{addresses_of_host(scenario, i).front(), port_of(scenario.hosts[i])};
  }
  if (scenario.dns) {
    for (const auto& record : scenario.dns->records) {
      if (record.name != host) continue;
      return proxy::Target{record.name, port_of(scenario, addresses_of_record(scenario, record))};
    }
  }
  if (const auto address = net::parse_address(host)) {
    return proxy::Target{*address, port_of(scenario, {*address})};
  }
  return std::nullopt;
}

std::optional<proxy::Target> echo_of(const Scenario& scenario, std::string_view host) {
  auto target = target_of(scenario, host);
  if (!target) return std::nullopt;
  auto addresses = std::vector<net::Address>{};
  if (const auto* address = std::get_if<net::Address>(&target->host)) {
    addresses.push_back(*address);
  } else {
    for (const auto& record : scenario.dns->records) {
      if (record.name == host) addresses = addresses_of_record(scenario, record);
    }
  }
  for (std::size_t i = 0; i < scenario.hosts.size(); ++i) {
    const auto own = addresses_of_host(scenario, i);
    if (scenario.hosts[i].echoes.empty() ||
        std::find_first_of(own.begin(), own.end(), addresses.begin(), addresses.end()) ==
            own.end()) {
      continue;
    }
    target->port = scenario.hosts[i].echoes.front();
    return target;
  }
  return std::nullopt;
}

std::uint64_t bytes_of(const WorkloadSpec& workload, const StreamSpec& stream) {
  const auto seconds =
      std::chrono::duration<double>(std::max(stream.until - workload.at, Duration::zero())).count();
  return static_cast<std::uint64_t>(seconds * static_cast<double>(stream.rate.bits_per_second / 8));
}

const AccessSpec& access_of(const WorkloadSpec& workload) {
  return std::visit([](const auto& work) -> const AccessSpec& { return work; }, workload.work);
}

}  // namespace dispatch::scenario
