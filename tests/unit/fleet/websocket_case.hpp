// The cases of RFC 6455 that a WebSocket must get right, as a table: what a peer sends, what is
// made of it, and what is answered. They follow the sections of the Autobahn test suite: framing
// (1), pings and pongs (2), reserved bits (3), opcodes (4), fragmentation (5), UTF-8 (6), closing
// (7), sizes (9).
#pragma once

#include "engine/fleet/websocket_frame.hpp"

#include <optional>
#include <string>
#include <vector>

namespace dispatch::fleet::websocket {

struct SentFrame {
  unsigned opcode = 1;
  std::string payload{};
  bool final = true;
  unsigned reserved = 0;                  // bits 1 to 7
  std::optional<bool> masked{};           // none: as the sender's role has it
  std::optional<unsigned> length_form{};  // 7, 16 or 64 bits; none: the shortest
};

struct WebSocketCase {
  std::string name;
  std::vector<SentFrame> sent;
  // "text:...", "binary:...", "ping:...", "pong:...", "close CODE:...", "violation CODE"; payloads
  // of more than 40 bytes as their size.
  std::vector<std::string> events;
};

const std::vector<WebSocketCase>& websocket_cases();

// As `sender` puts it on the wire.
std::string on_the_wire(const SentFrame& frame, Role sender);
std::string told(const Event& event);

}  // namespace dispatch::fleet::websocket
