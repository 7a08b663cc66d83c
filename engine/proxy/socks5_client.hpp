// The client's side of SOCKS5: asking a proxy for a connection.
#pragma once

#include "engine/net/stream.hpp"
#include "engine/proxy/handshake_buffer.hpp"
#include "engine/proxy/socks5.hpp"

namespace dispatch::proxy::socks5 {

// Greets without authentication and asks for CONNECT to `target` over `stream`, a fresh connection
// to the proxy. The proxy's answer, of whatever reply; what it sent beyond that stays in `buffer`.
// Errors: the stream's; eof; protocol_error; permission_denied (no method in common).
net::Task<net::Result<Answer>> request_connection(net::Stream& stream, HandshakeBuffer& buffer,
                                                  Target target);

}  // namespace dispatch::proxy::socks5
