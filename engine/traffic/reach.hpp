// The way of a client to an origin: itself, or through a proxy.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/proxy/socks5.hpp"
#include "engine/traffic/transfer.hpp"

#include <string>

namespace dispatch::traffic {

// A connection over which HTTP can be spoken with options.origin. `options` and `failure` outlive
// the call; `failure` says, for people, what an error was about.
net::Task<net::Result<net::StreamPtr>> reach_origin(net::Runtime& runtime,
                                                    const TransferOptions& options,
                                                    std::string& failure);

// A failed reply of a proxy's, as the error that the connection itself would have had.
net::Error error_of_reply(proxy::socks5::Reply reply);

}  // namespace dispatch::traffic
