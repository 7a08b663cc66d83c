// What a peer has sent and nobody has decoded yet.
#pragma once

#include "engine/net/stream.hpp"
#include "engine/proxy/progress.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace dispatch::proxy {

// Bounded: a handshake that does not fit is refused by its decoder before the buffer is full.
class HandshakeBuffer {
 public:
  std::span<const std::byte> bytes() const {
    return std::span(storage_).subspan(begin_, end_ - begin_);
  }

  void consume(std::size_t count) { begin_ += count; }

  // Waits for more bytes: how many came, 0 at the end of stream. Errors: no_buffer_space when full;
  // the stream's, timed_out at `deadline` among them.
  net::Task<net::Result<std::size_t>> fill_from(net::Stream& stream, net::TimePoint deadline);

 private:
  // A SOCKS5 greeting and request at their longest, with room for data sent along.
  std::array<std::byte, 1024> storage_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// Reads until `decode` has a whole message, or the bytes cannot become one. The peer's early end of
// stream is asio::error::eof.
template <typename Decode>
auto receive_message(net::Stream& stream, HandshakeBuffer& buffer, Decode decode,
                     net::TimePoint deadline = net::kNever)
    -> net::Task<net::Result<decltype(decode(std::span<const std::byte>{}))>> {
  for (;;) {
    auto decoded = decode(buffer.bytes());
    if (decoded.progress != Progress::incomplete) {
      buffer.consume(decoded.size);
      co_return decoded;
    }
    const auto got = co_await buffer.fill_from(stream, deadline);
    if (!got) co_return got.error();
    if (*got == 0) co_return net::Error{net::asio::error::eof};
  }
}

}  // namespace dispatch::proxy
