// A server that sends every datagram back to whoever sent it (RFC 862).
#pragma once

#include "engine/net/runtime.hpp"

namespace dispatch::traffic {

// Until it is cancelled, or the socket fails. `runtime` outlives it.
net::Task<void> echo_datagrams(net::Runtime& runtime, net::Endpoint local);

}  // namespace dispatch::traffic
