// Clients of a listener, each served by a task.
#pragma once

#include "engine/net/runtime.hpp"

#include <cstddef>
#include <functional>

namespace dispatch::control {

// Serves each with `serve`, at most `most` at a time: further ones wait in the listener's queue.
// Until it is cancelled, which ends them.
net::Task<void> serve_clients(net::Runtime& runtime, net::Listener& listener, std::size_t most,
                              std::function<net::Task<void>(net::StreamPtr)> serve);

}  // namespace dispatch::control
