// --dns: the name servers that are asked.
#pragma once

#include "engine/net/address.hpp"

#include <string>
#include <vector>

namespace dispatch::cli {

// Each a list ADDRESS[:PORT],...; empty where it is "system" alone. Throws UsageError.
std::vector<net::Endpoint> dns_servers(const std::vector<std::string>& lists);

}  // namespace dispatch::cli
