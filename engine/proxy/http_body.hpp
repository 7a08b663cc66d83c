// A message's body as it arrives, and as it is passed on: in pieces, whatever its framing on either
// side, with no more of it in memory than a buffer.
#pragma once

#include "engine/net/stream.hpp"
#include "engine/proxy/http_chunked_decoder.hpp"
#include "engine/proxy/http_framing.hpp"
#include "engine/proxy/http_reader.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace dispatch::proxy::http {

class BodyReader {
 public:
  // `reader` stands after the head, and outlives this.
  BodyReader(Reader& reader, const Framing& framing);

  // The next piece of what has arrived, valid until the next call. Empty: the body has ended, or
  // wait() first. Errors: protocol_error where the coding is broken.
  net::Result<std::span<const std::byte>> take();

  // Waits for more. Errors: eof where the peer ended the stream before the body's end;
  // protocol_error where a line of the coding, or the trailers, are too large; the stream's.
  net::Task<net::Status> wait(net::TimePoint deadline = net::kNever);

  bool has_ended() const { return ended_; }
  // Of a body of known length: what has not been taken.
  std::uint64_t left() const { return left_; }
  const Fields* trailers() const { return decoder_ ? &decoder_->trailers() : nullptr; }

 private:
  std::span<const std::byte> take_plain();
  net::Result<std::span<const std::byte>> take_chunk();

  Reader& reader_;
  std::uint64_t left_ = 0;  // of the length
  bool until_close_;
  bool ended_ = false;
  std::size_t given_ = 0;  // of the reader's bytes, by the last call
  std::optional<ChunkedDecoder> decoder_;
};

// How a message was passed on.
struct Forwarded {
  net::Error source;  // of the side that it came from
  net::Error sink;

  bool complete() const { return !source && !sink; }
};

// Sends `head`, then all of `body`: in chunks with its trailers where `chunked`, otherwise as it
// is. What has arrived together is sent together. `meter`, if there is one, hears of what is sent,
// and may hold it back.
net::Task<Forwarded> forward_message(std::string head, BodyReader& body, bool chunked,
                                     net::Stream& to, std::optional<net::Meter> meter);

}  // namespace dispatch::proxy::http
