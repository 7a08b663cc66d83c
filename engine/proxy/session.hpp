// One client's connection, from its first byte to its last.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/proxy/dialer.hpp"
#include "engine/proxy/server.hpp"

namespace dispatch::proxy {

// Serves the client that has just connected: SOCKS5 CONNECT. Whatever happens is answered as the
// protocol has it, logged with its reason, and counted.
net::Task<void> serve_client(net::Runtime& runtime, Dialer& dialer, const ServerOptions& options,
                             ServerCounters& counters, net::StreamPtr client);

}  // namespace dispatch::proxy
