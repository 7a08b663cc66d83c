// The SOCKS4 protocol and its extension 4a (names) as functions of bytes, for both of its sides.
//
// There is no RFC; the protocol is Ying-Da Lee's "SOCKS: A protocol for TCP proxy across firewalls"
// and "SOCKS 4A". Decoding is as in socks5.hpp: it never needs a message in one piece, and never
// touches what follows it.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"
#include "engine/proxy/octets.hpp"
#include "engine/proxy/progress.hpp"
#include "engine/proxy/target.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dispatch::proxy::socks4 {

inline constexpr std::uint8_t kVersion = 4;

enum class Command : std::uint8_t { connect = 1, bind = 2 };
enum class Reply : std::uint8_t { granted = 90, rejected = 91, no_identd = 92, other_user = 93 };

struct Request {
  Command command = Command::connect;
  Target target;
  std::string user;  // what the client calls itself; nothing proves it
};

// Invalid: another version, an unknown command, a user or a name of more than 255 bytes, a name
// that is none.
struct DecodedRequest {
  Progress progress = Progress::incomplete;
  std::size_t size = 0;
  Request message;
};

DecodedRequest decode_request(std::span<const std::byte> input);

// `bound` is told where it is an IPv4 address, and 0.0.0.0:0 otherwise: the protocol has no other.
Bytes encode_answer(Reply reply, const net::Endpoint& bound);

// The client's side. The target is an IPv4 address or (4a) a name; the user has no zero byte.
Bytes encode_connect(const Target& target, std::string_view user);

inline constexpr std::size_t kAnswerSize = 8;

struct Answer {
  Reply reply = Reply::rejected;
  net::Endpoint bound;
};

// Of kAnswerSize bytes. Empty: no answer of this protocol.
std::optional<Answer> decode_answer(std::span<const std::byte> input);

}  // namespace dispatch::proxy::socks4
