// `dispatch send`, `forward`, `reverse` and `record` at work.
#pragma once

#include "cli/stream_options.hpp"
#include "engine/net/log.hpp"

namespace dispatch::cli {

// Until its inputs end, or a signal comes. The exit status.
int run_stream(const StreamArguments& arguments, net::Log& log);

}  // namespace dispatch::cli
