// How an HTTP/1.1 connection becomes a WebSocket (RFC 6455 4).
#pragma once

#include "engine/net/entropy.hpp"
#include "engine/proxy/http_head.hpp"

#include <string>
#include <string_view>

namespace dispatch::fleet::websocket {

// The value of Sec-WebSocket-Accept for a key (4.2.2).
std::string accept_of(std::string_view key);

// 16 bytes of chance, in base64 (4.1).
std::string make_key(net::Entropy& entropy);

bool asks_for_upgrade(const proxy::http::RequestHead& head);

// Pages cannot add fields to the request of a WebSocket, only subprotocols. So one may show its
// token as one, "dispatch.token.HEX", beside that which is answered, "dispatch.monitor".
inline constexpr std::string_view kMonitorProtocol = "dispatch.monitor";
// The token that is shown so; empty: none.
std::string token_of_page(const proxy::http::Fields& fields);

// The answer to a request that asks for it: 101. Faults: 400 where the request is not as 4.2.1 has
// it; 426 for another version than 13.
proxy::http::Checked<proxy::http::ResponseHead> accept_upgrade(
    const proxy::http::RequestHead& head);

// The request of a client, to which fields may be added.
proxy::http::RequestHead upgrade_request(std::string_view host, std::string_view target,
                                         std::string_view key);

// Whether the answer is as 4.1 has it for that key.
bool is_accepted(const proxy::http::ResponseHead& head, std::string_view key);

}  // namespace dispatch::fleet::websocket
