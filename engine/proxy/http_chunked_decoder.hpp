// The chunked transfer coding taken off (RFC 9112 7.1), as a function of bytes.
//
// Written here and not Boost.Beast's: that of 1.81 ends the program by an assertion when a last
// chunk, "0\r\n", is followed by a single byte before the rest comes.
#pragma once

#include "engine/proxy/http_head_scanner.hpp"
#include "engine/proxy/progress.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dispatch::proxy::http {

inline constexpr std::size_t kChunkLineSizeMax = 4 * 1024;  // a size and its extensions

// Decodes one body. Chunk extensions are dropped, as 7.1.1 lets any recipient do. As strict as
// HeadScanner on what ends a line, and on the trailers.
class ChunkedDecoder {
 public:
  struct Step {
    Progress progress = Progress::incomplete;  // complete: the body, with its trailers, has ended
    std::size_t size = 0;                      // bytes of the input that it took
    std::span<const std::byte> content;        // a part of the input; may be empty
  };

  // `input` starts where the last step ended. A step of no size and no end needs more input: a line
  // of the coding, or the trailers, must be there in whole. Not after the end.
  Step decode(std::span<const std::byte> input);

  // The fields after the last chunk (complete).
  const Fields& trailers() const { return trailers_; }

 private:
  enum class State : std::uint8_t { size_line, content, end_of_content, trailers };

  Step decode_size_line(std::string_view input);
  Step decode_content(std::span<const std::byte> input);
  Step decode_end_of_content(std::string_view input);
  Step decode_trailers(std::string_view input);

  State state_ = State::size_line;
  std::uint64_t left_ = 0;  // of the chunk, octets
  HeadScanner scanner_{HeadScanner::Part::fields};
  Fields trailers_;
};

}  // namespace dispatch::proxy::http
