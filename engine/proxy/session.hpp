// One client's connection, from its first byte to its last.
#pragma once

#include "engine/net/stream.hpp"
#include "engine/proxy/client.hpp"

namespace dispatch::proxy {

// Serves the client that has just connected, in the protocol that its first byte tells: SOCKS5,
// SOCKS4, SOCKS4a or HTTP, inside TLS or not. Whatever happens is answered as the protocol has it,
// logged with its reason, and counted.
net::Task<void> serve_client(Service& service, net::StreamPtr stream, Entrance entrance,
                             Admission::Place place);

}  // namespace dispatch::proxy
