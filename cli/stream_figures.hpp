// The figures of a stream command, for people and for programs.
#pragma once

#include "engine/stream/pipeline.hpp"

#include <span>
#include <string>

namespace dispatch::cli {

// A line for each endpoint: what passed, how fast, and what was lost.
std::string stream_summary(std::span<const stream::EndpointFigures> figures, net::Duration span);

// The same as one JSON object, and a line's end.
std::string stream_json(std::span<const stream::EndpointFigures> figures, net::Duration span);

// One line, of at most `columns`: all inputs together, and all outputs, since `before`.
std::string stream_progress(std::span<const stream::EndpointFigures> before,
                            std::span<const stream::EndpointFigures> now, net::Duration since,
                            net::Duration span);

}  // namespace dispatch::cli
