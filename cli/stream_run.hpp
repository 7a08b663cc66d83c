// `dispatch send`, `forward`, `reverse` and `record` at work.
#pragma once

#include "cli/stream_options.hpp"
#include "engine/net/log.hpp"
#include "engine/net/runtime.hpp"
#include "engine/stream/pipeline.hpp"

#include <functional>

namespace dispatch::cli {

// Serves the figures of a pipeline to whom `listener` lets in, until it is cancelled.
using ServeMetrics =
    std::function<net::Task<void>(net::Runtime&, net::Listener& listener, const stream::Pipeline&)>;

// Until its inputs end, or a signal comes. `serve_metrics` is for arguments with metrics. The exit
// status.
int run_stream(const StreamArguments& arguments, net::Log& log, const ServeMetrics& serve_metrics);

}  // namespace dispatch::cli
