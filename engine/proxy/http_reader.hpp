// One side's input: heads, and between them bodies, in the order of the connection.
#pragma once

#include "engine/net/byte_counter.hpp"
#include "engine/net/pace.hpp"
#include "engine/net/stream.hpp"
#include "engine/proxy/http_head_scanner.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dispatch::proxy::http {

// The whole text of a head, or what is wrong with it.
struct HeadRead {
  std::string text;
  std::optional<Fault> fault;
};

// Buffers what has arrived and is not taken yet, kHeadSizeMax at most. A cancelled operation loses
// nothing.
class Reader {
 public:
  // None is owned; `counter` (may be null) hears of all that is read, and `pace` (may be null)
  // holds it back.
  Reader(net::Stream& stream, net::ByteCounter* counter, net::Pace* pace = nullptr)
      : stream_(&stream), counter_(counter), pace_(pace) {}

  // Puts bytes that were read before in front.
  void seed(std::span<const std::byte> bytes);

  std::span<const std::byte> buffered() const;
  void consume(std::size_t count);
  bool is_full() const { return end_ - begin_ == kHeadSizeMax; }

  // Gives the buffer back where it holds nothing.
  void release();

  // Waits for more: how many came, 0 at the end of stream. Not when it is full. Errors: the
  // stream's, timed_out at `deadline` among them.
  net::Task<net::Result<std::size_t>> fill(net::TimePoint deadline = net::kNever);

  // Reads to the end of the next head; empty lines before it are skipped (RFC 9112 2.2). Errors:
  // eof where the stream ended before the head, or (then bytes are buffered) within it; the
  // stream's.
  net::Task<net::Result<HeadRead>> read_head(net::TimePoint deadline = net::kNever);

 private:
  bool is_paced() const { return pace_ != nullptr && !pace_->is_free(); }
  void make_room();
  void skip_empty_lines();

  net::Stream* stream_;
  net::ByteCounter* counter_;
  net::Pace* pace_;
  std::vector<std::byte> storage_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool was_filled_ = false;  // by the last read: there may be much more
};

}  // namespace dispatch::proxy::http
