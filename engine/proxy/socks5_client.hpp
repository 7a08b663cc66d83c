// The client's side of SOCKS5: asking a proxy for a connection.
#pragma once

#include "engine/net/stream.hpp"
#include "engine/proxy/handshake_buffer.hpp"
#include "engine/proxy/socks5.hpp"

namespace dispatch::proxy::socks5 {

// Greets and asks for `command` (CONNECT) to `target` over `stream`, a fresh connection to the
// proxy. Without `credentials` no authentication is offered, with them that by password (RFC 1929)
// alone; they outlive the call. The proxy's answer, of whatever reply; what it sent beyond that
// stays in `buffer`. Errors: the stream's; eof; protocol_error; permission_denied (no method in
// common, or the password is not accepted).
net::Task<net::Result<Answer>> request_connection(net::Stream& stream, HandshakeBuffer& buffer,
                                                  Target target,
                                                  const Credentials* credentials = nullptr,
                                                  Command command = Command::connect);

}  // namespace dispatch::proxy::socks5
