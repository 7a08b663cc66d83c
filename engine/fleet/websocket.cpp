#include "engine/fleet/websocket.hpp"

#include <boost/system/errc.hpp>

#include <utility>

namespace dispatch::fleet {
namespace {

namespace errc = boost::system::errc;
using websocket::Event;
using websocket::Opcode;
using websocket::Role;

constexpr std::size_t kKeptBuffer = 4096;

}  // namespace

WebSocket::WebSocket(net::Runtime& runtime, net::StreamPtr stream, Role role,
                     const WebSocketLimits& limits, std::span<const std::byte> early)
    : runtime_(runtime),
      stream_(std::move(stream)),
      role_(role),
      limits_(limits),
      decoder_(role, limits.message_max),
      something_to_send_(runtime.executor()) {
  decoder_.feed(early);
}

void WebSocket::queue(Opcode opcode, std::string_view payload) {
  if (closing_ || aborted_) return;
  std::optional<std::uint32_t> mask;
  if (role_ == Role::client) mask = static_cast<std::uint32_t>(runtime_.entropy().next());
  const auto before = queued_.size();
  websocket::append_frame(queued_, opcode, payload, mask);
  queued_total_ += queued_.size() - before;
  if (queued_.size() > limits_.backlog_max) return abort();
  something_to_send_.notify_one();
}

std::uint64_t WebSocket::send(std::string_view text) {
  const auto mark = queued_total_ + 1;
  queue(Opcode::text, text);
  return mark;
}

void WebSocket::close(std::uint16_t code, std::string_view reason) {
  if (closing_ || aborted_) return;
  queue(Opcode::close, websocket::close_payload(code, reason));
  closing_ = true;
}

void WebSocket::abort() {
  if (aborted_) return;
  aborted_ = true;
  stream_->abort();
  something_to_send_.notify_all();
}

net::Task<void> WebSocket::write_loop() {
  std::string sending;
  while (!aborted_) {
    if (queued_.empty()) {
      if (closing_) {
        (void)stream_->shutdown_write();
        co_return;
      }
      if (sending.capacity() > kKeptBuffer) sending = {};
      if (co_await something_to_send_.wait()) co_return;
      continue;
    }
    sending.clear();
    std::swap(sending, queued_);
    handed_over_ = queued_total_;
    const auto until = runtime_.clock().now() + limits_.write_timeout;
    const auto error = co_await net::write_all(*stream_, std::as_bytes(std::span(sending)), until);
    if (error) {
      abort();
      co_return;
    }
  }
}

net::Task<net::Result<std::string>> WebSocket::receive() {
  bool asked = false;
  for (;;) {
    auto event = decoder_.next();
    switch (event.kind) {
      case Event::Kind::message:
        if (event.opcode == Opcode::text) co_return std::move(event.payload);
        close(1003, "only text is spoken here");
        co_return errc::make_error_code(errc::protocol_error);
      case Event::Kind::ping:
        queue(Opcode::pong, event.payload);
        continue;
      case Event::Kind::pong:
        continue;
      case Event::Kind::close:
        close_code_ = event.code;
        close_reason_ = event.payload;
        close(event.code == websocket::kNoStatus ? websocket::kNormalClosure : event.code, "");
        co_return net::Error{net::asio::error::eof};
      case Event::Kind::violation:
        close_reason_ = event.payload;
        close(event.code, event.payload);
        co_return errc::make_error_code(errc::protocol_error);
      case Event::Kind::none:
        break;
    }
    const auto room = decoder_.room();
    const auto deadline = runtime_.clock().now() + limits_.silence;
    const auto got = co_await stream_->read_some(room, deadline);
    if (!got) {
      if (got.error() != errc::timed_out || asked || aborted_) co_return got.error();
      asked = true;
      queue(Opcode::ping, "");
      continue;
    }
    if (*got == 0) co_return errc::make_error_code(errc::connection_reset);
    asked = false;
    decoder_.arrived(*got);
  }
}

}  // namespace dispatch::fleet
