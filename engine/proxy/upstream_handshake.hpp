// Asking a proxy for a connection, over a connection to it.
#pragma once

#include "engine/link/upstream.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/stream.hpp"
#include "engine/proxy/target.hpp"

#include <cstddef>
#include <span>

namespace dispatch::proxy {

// What the proxy says of its connection to the target: its own endpoint there (BND.ADDR of RFC 1928
// 6), or 0.0.0.0:0 where it does not say.
//
// Afterwards the stream is at the first byte from the target: never is more read than the answer.
// So nothing has to be put back, and the stream can be spliced as any other.
//
// Errors: the target's, as far as the protocol can tell: connection_refused, host_unreachable,
// network_unreachable, timed_out, address_family_not_supported; bad_name; UpstreamError. The
// deadline is the caller's.
net::Task<net::Result<net::Endpoint>> ask_upstream(net::Stream& stream,
                                                   const link::Upstream& upstream, Target target);

// Asks a SOCKS5 proxy for an association (RFC 1928 7): where its relay takes datagrams from here,
// for as long as `stream` lives. Errors: as above; operation_not_supported (it carries none).
net::Task<net::Result<net::Endpoint>> associate_upstream(net::Stream& stream,
                                                         const link::Upstream& upstream);

// What comes before it: TLS, where that is the proxy's protocol; `stream` is the text inside from
// there on, and null after an error. Errors: error_of_tls(); UpstreamError::closed.
net::Task<net::Status> secure_upstream(net::Runtime& runtime, net::StreamPtr& stream,
                                       const link::Upstream& upstream);

// The protocols.
net::Task<net::Result<net::Endpoint>> ask_socks5(net::Stream& stream,
                                                 const link::Upstream& upstream, Target target);
net::Task<net::Result<net::Endpoint>> ask_socks4(net::Stream& stream,
                                                 const link::Upstream& upstream, Target target);
net::Task<net::Result<net::Endpoint>> ask_http(net::Stream& stream, const link::Upstream& upstream,
                                               Target target);

// Fills `buffer`. Errors: UpstreamError::closed, at the stream's end or its reset; others of the
// stream.
net::Task<net::Status> read_answer(net::Stream& stream, std::span<std::byte> buffer);

}  // namespace dispatch::proxy
