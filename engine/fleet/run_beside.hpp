// Two tasks of which one serves the other.
#pragma once

#include "engine/net/async.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace dispatch::fleet {

// Runs `side` beside `main` until that ends; then `side` is cancelled and waited for. What `main`
// throws, its cancellation too, goes on to the caller.
net::Task<void> run_beside(net::asio::any_io_executor executor, net::Task<void> main,
                           net::Task<void> side);

}  // namespace dispatch::fleet
