// What comes before a client's own protocol.
#pragma once

#include "engine/proxy/client.hpp"

namespace dispatch::proxy {

// At a listener for it (Entrance::accept_proxy), a connection begins with a header of the PROXY
// protocol. Where that names a client, it is the client from here on, in logs and for Admission;
// where it does not, the connection is the sender's own, and no limit for one client applies.
//
// Where there is a certificate, a connection that begins with a TLS handshake is served inside it
// (RFC 8446), whatever protocol that is: SOCKS or HTTP. Yields the first byte of that protocol,
// which stays in the client's buffer. All of it within the time of a handshake; where it fails, the
// client's stream may be gone. Errors: those of the stream, of TLS, and of Admission::enter; eof;
// timed_out; protocol_error (no header of the PROXY protocol, and then the connection is reset; no
// TLS at a listener for TLS only).
net::Task<net::Result<int>> enter(Client& client);

}  // namespace dispatch::proxy
