// A stream command's figures for Prometheus: its text format, version 0.0.4.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/stream/pipeline.hpp"

#include <string>

namespace dispatch::control {

// dispatch_stream_...{endpoint="udp://0.0.0.0:9000",direction="in"} of each endpoint, and
// dispatch_frames_...{stream="7"} of each stream of frames that comes in.
std::string stream_metrics_text(const stream::Pipeline& pipeline);

// Serves it at /metrics, until it is cancelled.
net::Task<void> serve_stream_metrics(net::Runtime& runtime, net::Listener& listener,
                                     const stream::Pipeline& pipeline);

}  // namespace dispatch::control
