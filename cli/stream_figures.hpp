// The figures of a stream command, for people and for programs.
#pragma once

#include "engine/stream/pipeline.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace dispatch::cli {

struct StreamFigures {
  std::vector<stream::EndpointFigures> endpoints;
  std::map<std::uint32_t, stream::SequenceFigures> streams;  // of framed inputs
  std::uint64_t strangers = 0;                               // datagrams that were no frames
  std::uint64_t sent_again = 0;                              // frames, of framed outputs
  net::Duration span{};

  static StreamFigures of(const stream::Pipeline& pipeline, net::Duration span) {
    return {pipeline.figures(), pipeline.streams(), pipeline.strangers(), pipeline.sent_again(),
            span};
  }
};

// A line for each endpoint: what passed, how fast, and what was lost; and for each stream of
// frames. Long names are shortened, so that it fits 80 columns.
std::string stream_summary(const StreamFigures& figures);

// The same as one JSON object, and a line's end.
std::string stream_json(const StreamFigures& figures);

// Lines of less than 80 columns, `most` of them, at least one: all inputs together and all outputs,
// then each endpoint where there are several of either; rates are those since `before`.
std::vector<std::string> stream_progress(std::span<const stream::EndpointFigures> before,
                                         std::span<const stream::EndpointFigures> now,
                                         net::Duration since, net::Duration span, std::size_t most);

}  // namespace dispatch::cli
