// Any bytes as the frames of a client and of a server.
//
// Beyond not crashing: they mean the same however they are cut; text is UTF-8; and what is written
// is read as it was.

#include "engine/fleet/websocket_frame.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dispatch::fleet::websocket {
namespace {

using fuzz::require;

constexpr std::size_t kMessageMax = 4096;

std::string told(const Event& event) {
  return std::to_string(static_cast<int>(event.kind)) + "/" +
         std::to_string(static_cast<int>(event.opcode)) + "/" + std::to_string(event.code) + "/" +
         event.payload;
}

std::vector<std::string> events(Decoder& decoder) {
  std::vector<std::string> found;
  for (auto event = decoder.next(); event.kind != Event::Kind::none; event = decoder.next()) {
    const bool text = event.kind == Event::Kind::message && event.opcode == Opcode::text;
    require(!text || is_utf8(event.payload), "text is UTF-8");
    require(event.payload.size() <= kMessageMax || event.kind == Event::Kind::violation,
            "a message is no larger than it may be");
    found.push_back(told(event));
  }
  return found;
}

void check(std::span<const std::byte> bytes, Role role) {
  Decoder whole(role, kMessageMax);
  whole.feed(bytes);
  const auto at_once = events(whole);
  Decoder pieces(role, kMessageMax);
  std::vector<std::string> one_by_one;
  for (const auto& each : bytes) {
    pieces.feed(std::span(&each, 1));
    for (auto& event : events(pieces)) one_by_one.push_back(std::move(event));
  }
  require(at_once == one_by_one, "frames mean the same however they are cut");
}

void check_written(std::string_view payload) {
  for (const auto role : {Role::client, Role::server}) {
    std::string out;
    const bool masked = role == Role::server;
    append_frame(out, Opcode::binary, payload,
                 masked ? std::optional<std::uint32_t>(0x12345678) : std::nullopt);
    Decoder decoder(role, kMessageMax);
    decoder.feed(std::as_bytes(std::span(out)));
    const auto event = decoder.next();
    require(event.kind == Event::Kind::message && event.payload == payload,
            "what is written is read as it was");
  }
}

}  // namespace
}  // namespace dispatch::fleet::websocket

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch::fleet::websocket;
  const auto bytes = std::as_bytes(std::span(data, size));
  check(bytes, Role::server);
  check(bytes, Role::client);
  check_written({reinterpret_cast<const char*>(data), size});
  return 0;
}
