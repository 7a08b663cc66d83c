// What comes before a client's own protocol.
#pragma once

#include "engine/proxy/client.hpp"

namespace dispatch::proxy {

// Where there is a certificate, a connection that begins with a TLS handshake is served inside it
// (RFC 8446), whatever protocol that is: SOCKS or HTTP. Yields the first byte of that protocol,
// which stays in the client's buffer. All of it within the time of a handshake; where it fails, the
// client's stream may be gone. Errors: those of the stream, of TLS; eof; timed_out; protocol_error
// (a listener for TLS only, and no TLS).
net::Task<net::Result<int>> enter(Client& client);

}  // namespace dispatch::proxy
