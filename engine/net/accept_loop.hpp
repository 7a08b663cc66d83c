// Accepting without end.
#pragma once

#include "engine/net/runtime.hpp"

#include <functional>

namespace dispatch::net {

// Hands each new connection to `accepted` until the listener is closed or this is cancelled. An
// error that passes (no descriptors left, the peer gone already) is logged, waited out, and
// survived. `ready`, where given, is waited for before each: its error ends the loop.
Task<void> accept_loop(Runtime& runtime, Listener& listener,
                       std::function<void(StreamPtr)> accepted,
                       std::function<Task<Status>()> ready = nullptr);

}  // namespace dispatch::net
