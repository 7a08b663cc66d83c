// A task with another one beside it.
#pragma once

#include "engine/net/async.hpp"

namespace dispatch::proxy::http {

// Runs both; when `main` has ended, `companion` is cancelled, unless it has ended before, and
// waited for. Cancelling this cancels both, and unwinds when both have ended. Exceptions other than
// cancellations go on to the caller.
net::Task<void> run_with_companion(net::Task<void> main, net::Task<void> companion);

}  // namespace dispatch::proxy::http
