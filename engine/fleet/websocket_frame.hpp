// WebSocket messages as functions of bytes (RFC 6455): frames taken apart and put together, without
// a socket.
//
// Written here and not Boost.Beast's: that masks with a generator which is seeded by the machine,
// once for the whole process, so that two runs of one simulation would send other bytes; and an
// idle connection of it keeps buffers of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::fleet::websocket {

enum class Role : std::uint8_t { client, server };

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

// RFC 6455 7.4.1.
inline constexpr std::uint16_t kNormalClosure = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kNoStatus = 1005;  // never sent: a close frame without a code
inline constexpr std::uint16_t kInvalidPayload = 1007;
inline constexpr std::uint16_t kPolicyViolation = 1008;
inline constexpr std::uint16_t kTooBig = 1009;

inline constexpr std::size_t kControlPayloadMax = 125;

// Text (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view bytes);

// What has arrived as a whole.
struct Event {
  enum class Kind : std::uint8_t { none, message, ping, pong, close, violation };

  Kind kind = Kind::none;  // none: more bytes are needed
  Opcode opcode{};         // of a message: text or binary
  std::string payload;     // of a close: its reason; of a violation: what is wrong, for the log
  std::uint16_t code = 0;  // of a close; of a violation: what the peer is to be closed with
};

// One peer's frames. Refuses what the RFC has fail: reserved bits and opcodes, frames of a client
// without a mask and of a server with one (5.1), lengths that are not the shortest (5.2),
// fragmented or long control frames (5.5), continuations of nothing (5.4), text and reasons that
// are no UTF-8 (8.1), close codes that must not be sent (7.4).
class Decoder {
 public:
  // `role` is that of the side that decodes; a message has `message_max` bytes at most.
  Decoder(Role role, std::size_t message_max) : role_(role), message_max_(message_max) {}

  // Where the next bytes are to be put, at least one; then how many there were. An idle decoder has
  // a small buffer, and one within a large message a large one.
  std::span<std::byte> room();
  void arrived(std::size_t count);
  void feed(std::span<const std::byte> bytes);

  // The next event. After a close or a violation there are no more.
  Event next();

 private:
  struct Head {
    bool final = false;
    Opcode opcode{};
    std::uint32_t mask = 0;
    std::uint64_t length = 0;
    std::size_t size = 0;  // of the head itself, bytes
  };

  std::optional<Head> read_head(Event& violation);
  Event take(const Head& head);
  Event close_event(std::string payload);
  Event violation(std::uint16_t code, std::string_view what);
  std::span<const std::byte> buffered() const {
    return std::span(storage_).subspan(begin_, end_ - begin_);
  }

  Role role_;
  std::size_t message_max_;
  std::vector<std::byte> storage_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t wanted_ = 0;  // bytes of the frame that has begun
  bool was_filled_ = false;   // by the last read: there may be more
  bool in_message_ = false;
  Opcode message_opcode_{};
  std::string message_;  // the fragments so far
  bool ended_ = false;
};

// A whole frame. `mask`: that of a client's, none of a server's.
void append_frame(std::string& out, Opcode opcode, std::string_view payload,
                  std::optional<std::uint32_t> mask);

// The payload of a close frame; the reason is cut where a control frame has no room for it.
std::string close_payload(std::uint16_t code, std::string_view reason);

}  // namespace dispatch::fleet::websocket
