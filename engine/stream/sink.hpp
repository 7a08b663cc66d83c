// Who takes what a hub passes on.
#pragma once

#include "engine/stream/chunk.hpp"

#include <span>

namespace dispatch::stream {

class Sink {
 public:
  virtual ~Sink() = default;

  // All chunks, now; never fails. They last as long as the call.
  virtual void take(std::span<const Chunk> chunks) = 0;

  // False: the inputs are to wait.
  virtual bool has_room() const = 0;
};

}  // namespace dispatch::stream
