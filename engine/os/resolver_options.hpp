// How names are looked up.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/time.hpp"

#include <chrono>
#include <vector>

namespace dispatch::os {

struct ResolverOptions {
  // Empty: those of /etc/resolv.conf, with its search list.
  std::vector<net::Endpoint> servers;
  // For the first answer; doubled in each further round over the servers.
  net::Duration timeout = std::chrono::seconds(2);
  int tries = 3;  // rounds
};

}  // namespace dispatch::os
