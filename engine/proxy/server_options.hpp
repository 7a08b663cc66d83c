// What a proxy server may do, and what it has done.
#pragma once

#include "engine/proxy/accounts.hpp"
#include "engine/proxy/dialer.hpp"

#include <cstdint>

namespace dispatch::proxy {

struct ServerOptions {
  DialOptions dial;
  net::Duration handshake_timeout = std::chrono::seconds(30);  // for what the client has to send
  Accounts accounts;                                           // none: no authentication
};

struct ServerCounters {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // ended with an error before a connection to the target stood
  std::uint64_t live = 0;
};

}  // namespace dispatch::proxy
