// Accepting without end.
#pragma once

#include "engine/net/runtime.hpp"

#include <functional>

namespace dispatch::net {

// Hands each new connection to `accepted` until the listener is closed or this is cancelled. An
// error that passes (no descriptors left, the peer gone already) is logged, waited out, and
// survived.
Task<void> accept_loop(Runtime& runtime, Listener& listener,
                       std::function<void(StreamPtr)> accepted);

}  // namespace dispatch::net
