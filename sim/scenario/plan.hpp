// What a scenario leaves open, decided: addresses, and where names lead.
#pragma once

#include "engine/net/address.hpp"
#include "engine/proxy/target.hpp"
#include "sim/scenario/scenario.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace dispatch::scenario {

// The link's own, or 192.168.N.2/24 and 2001:db8:N::2/64, where N counts links from 1.
std::vector<net::Prefix> addresses_of_link(const Scenario& scenario, std::size_t index);

// The host's own, or 203.0.113.N and 2001:db8:cb00::N, where N counts hosts from 10.
std::vector<net::Address> addresses_of_host(const Scenario& scenario, std::size_t index);

// So many get addresses by themselves.
inline constexpr std::size_t kLinksMax = 200;
inline constexpr std::size_t kHostsMax = 200;

// Of the record's answer; empty where it fails.
std::vector<net::Address> addresses_of_record(const Scenario& scenario, const DnsRecord& record);

// The external address of a link's NAT at the beginning, its own or 198.19.N.1; and after so many
// rebindings, 198.19.N.2, ...
net::Address nat_address(const Scenario& scenario, std::size_t index, std::uint64_t rebindings);
// Where packets of a link come from: its own networks, and those of its NAT.
std::vector<net::Prefix> sources_of_link(const Scenario& scenario, std::size_t index);

// 198.51.100.80, 2001:db8:80::80
std::vector<net::Address> portal_addresses();

// The link that has this name or address.
std::optional<std::size_t> link_of(const Scenario& scenario, std::string_view target);

// 198.51.100.53, 2001:db8:53::53
std::vector<net::Address> name_server_addresses();

// Where a workload goes: `host` is the name of a host (its first address), a name of the DNS, or an
// address; the port is the host's first HTTP port, or 80 where no host is known. None: it is none
// of these.
std::optional<proxy::Target> target_of(const Scenario& scenario, std::string_view host);

}  // namespace dispatch::scenario
