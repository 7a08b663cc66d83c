// The chunked transfer coding taken off (RFC 9112 7.1), as a function of bytes.
#pragma once

#include "engine/proxy/http_head.hpp"
#include "engine/proxy/progress.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace dispatch::proxy::http {

// Decodes one body. Chunk extensions are dropped, as 7.1.1 lets any recipient do.
class ChunkedDecoder {
 public:
  struct Step {
    Progress progress = Progress::incomplete;  // complete: the body, with its trailers, has ended
    std::size_t size = 0;                      // bytes of the input that it took
    std::span<const std::byte> content;        // a part of the input; may be empty
  };

  ChunkedDecoder();
  ~ChunkedDecoder();

  // `input` starts where the last step ended. A step of no size and no end needs more input: a line
  // of the coding, or the trailers, must be there in whole. Not after the end.
  Step decode(std::span<const std::byte> input);

  // The fields after the last chunk (complete).
  const Fields& trailers() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dispatch::proxy::http
