// The control socket: a Unix-domain socket that only its owner may open.
#pragma once

#include "engine/control/controller.hpp"
#include "engine/net/network.hpp"

#include <cstddef>
#include <string>

namespace dispatch::control {

// At a time; further ones wait in the listener's queue.
inline constexpr std::size_t kClientsMax = 32;
// For the next request, and for taking an answer.
inline constexpr net::Duration kClientPatience = std::chrono::seconds(60);

// Errors: Network::listen_local's.
net::Result<net::ListenerPtr> open_socket(net::Network& network, const std::string& path);

// Answers everyone who connects (request.hpp), until it is cancelled.
net::Task<void> serve_socket(Controller& controller, net::Listener& listener);

// One request and its answer, as a client: within `limit`. Errors: Network::connect_local's;
// timed_out; eof where there was none.
net::Task<net::Result<std::string>> ask(net::Runtime& runtime, std::string path,
                                        std::string request, net::Duration limit);

}  // namespace dispatch::control
