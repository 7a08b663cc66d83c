// A WebSocket over a stream of the seam.
#pragma once

#include "engine/fleet/websocket_frame.hpp"
#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/stream.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dispatch::fleet {

struct WebSocketLimits {
  std::size_t message_max = 64 * 1024 * 1024;  // bytes, of the peer's
  std::size_t backlog_max = 64 * 1024 * 1024;  // bytes that wait to be sent; more: it is aborted
  // A peer that has been silent for so long is asked whether it is there; after as long again, it
  // is not.
  net::Duration silence = std::chrono::seconds(10);
  net::Duration write_timeout = std::chrono::seconds(30);
};

// One task reads (receive), one writes (write_loop), and anybody sends. An idle one holds half a
// kilobyte of buffers.
class WebSocket {
 public:
  // `early`: what was read behind the handshake.
  WebSocket(net::Runtime& runtime, net::StreamPtr stream, websocket::Role role,
            const WebSocketLimits& limits, std::span<const std::byte> early);

  // The next text message. Pings are answered, and silent peers asked. Errors: eof after the peer's
  // close (which is answered); timed_out, of a peer that is silent; protocol_error (it has been
  // told why); the stream's.
  net::Task<net::Result<std::string>> receive();

  // Queues a text message, and returns its mark: was_handed_over() says whether any of it may have
  // left this process.
  std::uint64_t send(std::string_view text);
  bool was_handed_over(std::uint64_t mark) const { return mark <= handed_over_; }

  // Sends what is queued, until it is closed or cancelled. Run it beside receive().
  net::Task<void> write_loop();

  // Sends a close frame behind what is queued, then the end of the stream.
  void close(std::uint16_t code, std::string_view reason);
  // Ends it at once; both tasks end.
  void abort();

  bool is_open() const { return !closing_ && !aborted_; }
  std::size_t backlog() const { return queued_.size(); }
  std::uint16_t close_code() const { return close_code_; }
  const std::string& close_reason() const { return close_reason_; }
  net::Stream& stream() { return *stream_; }

 private:
  void queue(websocket::Opcode opcode, std::string_view payload);

  net::Runtime& runtime_;
  net::StreamPtr stream_;
  websocket::Role role_;
  WebSocketLimits limits_;
  websocket::Decoder decoder_;
  net::Condition something_to_send_;
  std::string queued_;
  std::uint64_t queued_total_ = 0;  // bytes, ever
  std::uint64_t handed_over_ = 0;   // of these
  bool closing_ = false;
  bool aborted_ = false;
  std::uint16_t close_code_ = 0;
  std::string close_reason_;
};

}  // namespace dispatch::fleet
