#include "cli/dns_servers.hpp"

#include "cli/exit_status.hpp"
#include "engine/net/server_address.hpp"
#include "engine/net/well_known_port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace dispatch::cli {
namespace {

constexpr std::string_view kSystem = "system";

net::Endpoint dns_server(std::string_view text) {
  const auto server = net::parse_server(text, net::kDnsPort);
  if (!server) {
    throw UsageError(
        fmt::format("--dns: '{}' is not the address of a name server, such as 192.0.2.53 or "
                    "[2001:db8::53]:5353",
                    text));
  }
  return *server;
}

}  // namespace

std::vector<net::Endpoint> dns_servers(const std::vector<std::string>& lists) {
  std::vector<net::Endpoint> servers;
  bool system = false;
  for (std::string_view list : lists) {
    for (bool more = true; more;) {
      const auto comma = list.find(',');
      const auto item = list.substr(0, comma);
      more = comma != std::string_view::npos;
      list.remove_prefix(more ? comma + 1 : list.size());
      if (item == kSystem) {
        system = true;
        continue;
      }
      const auto server = dns_server(item);
      const bool twice = std::find(servers.begin(), servers.end(), server) != servers.end();
      if (!twice) servers.push_back(server);
    }
  }
  if (system && !servers.empty()) {
    throw UsageError("--dns: system is in the place of addresses: give one or the other");
  }
  return servers;
}

}  // namespace dispatch::cli
