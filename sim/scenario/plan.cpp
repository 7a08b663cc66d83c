#include "sim/scenario/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::scenario {
namespace {

constexpr std::uint16_t kHttpPort = 80;

std::uint16_t port_of(const HostSpec& host) {
  return host.http.empty() ? kHttpPort : host.http.front().port;
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
  return kHttpPort;
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

std::optional<std::size_t> link_of(const Scenario& scenario, std::string_view target) {
  const auto address = net::parse_address(target);
  for (std::size_t i = 0; i < scenario.links.size(); ++i) {
    if (scenario.links[i].name == target) return i;
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

}  // namespace dispatch::scenario
