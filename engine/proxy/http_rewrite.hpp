// What a proxy changes in the heads that it passes on (RFC 9110 7.6).
#pragma once

#include "engine/link/upstream.hpp"
#include "engine/proxy/http_framing.hpp"
#include "engine/proxy/http_head.hpp"
#include "engine/proxy/http_target.hpp"

#include <optional>
#include <string>

namespace dispatch::proxy::http {

// The request as its origin server gets it: the target in origin-form, Host from the target
// whatever the client's says (RFC 9112 3.2.2), no field that is between the client and this proxy,
// the framing said once, and Via. Upgrade and "TE: trailers" go on where the client asks for them;
// Max-Forwards counts down.
RequestHead forwarded_request(const RequestHead& head, const AbsoluteTarget& target,
                              const Framing& framing);

// The same, as a proxy gets it that is to pass it on: the target in absolute-form.
RequestHead request_for_proxy(const RequestHead& head, const AbsoluteTarget& target,
                              const Framing& framing,
                              const std::optional<link::Credentials>& credentials);

// Whether a request asks to upgrade to a protocol that can pass this proxy as a tunnel.
bool asks_for_upgrade(const RequestHead& head);

// Whether the client's connection is to end after the response (RFC 9112 9.3, 9.6). HTTP/1.0's own
// kind of persistence does not work through proxies (C.2.2).
bool wants_close(const RequestHead& head);

struct ResponseRoute {
  bool to_http_1_0 = false;  // the client's version: it knows no chunks
  bool close = false;        // the connection ends with this response
};

// The response as the client gets it.
ResponseHead forwarded_response(const ResponseHead& head, const Framing& framing,
                                const ResponseRoute& route);

// Without those that RFC 9110 6.5.1 keeps out of trailers: what frames or routes the message,
// modifies its meaning, or proves who someone is.
Fields forwarded_trailers(const Fields& trailers);

}  // namespace dispatch::proxy::http
