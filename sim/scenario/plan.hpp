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

// The link of that machine whose interface has this name or address.
std::optional<std::size_t> link_of(const Scenario& scenario, std::string_view target,
                                   std::size_t machine = 0);

// Of a link: its name without that of its machine.
std::string interface_of(const LinkSpec& link);
// Before names of what belongs to a machine: "", or "kim.".
std::string prefix_of(const Scenario& scenario, std::size_t machine);
// None: there is no machine of that name. Empty: the first one.
std::optional<std::size_t> machine_of(const Scenario& scenario, std::string_view name);
// Null: there are none.
const ClientSpec* clients_of(const Scenario& scenario, std::string_view name);

// The local network of a machine, where it has clients: 172.16.0.1/16 for the first machine,
// 172.17.0.1 for the second; and of the n-th computer in it, 172.16.1.1 and so on.
bool has_clients(const Scenario& scenario, std::size_t machine);
net::Prefix lan_address(std::size_t machine);
net::Prefix lan_address(std::size_t machine, std::size_t client);
inline constexpr const char* kLan = "lan";  // the machine's interface to it
inline constexpr std::size_t kMachinesMax = 15;
inline constexpr std::size_t kClientsMax = 1000;  // in all

// 198.51.100.53, 2001:db8:53::53
std::vector<net::Address> name_server_addresses();

// Where a workload goes: `host` is the name of a host (its first address), a name of the DNS, or an
// address; the port is the host's first HTTP port, or 80 where no host is known. None: it is none
// of these.
std::optional<proxy::Target> target_of(const Scenario& scenario, std::string_view host);
// Where a call goes: as above, with the host's first port of echo. None also where the host that is
// meant has no echo.
std::optional<proxy::Target> echo_of(const Scenario& scenario, std::string_view host);

// Of payload, that a stream sends from its beginning to its end.
std::uint64_t bytes_of(const WorkloadSpec& workload, const StreamSpec& stream);

}  // namespace dispatch::scenario
